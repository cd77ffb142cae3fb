package data

import "testing"

func TestResizeLimits(t *testing.T) {
	p := &RGB{Pix: []uint8{1, 2, 3, 4, 5, 6}, Width: 2, Height: 1}
	same := p.Resize(2, 1, Nearest)
	same.Pix[0] = 9
	if p.Pix[0] != 1 {
		t.Error("the same size gives the photo itself, want a copy")
	}
	for _, empty := range []*RGB{p.Resize(0, 5, Nearest), p.Resize(5, -1, Nearest), p.Resize(2, 1, 9), (&RGB{}).Resize(3, 3, Nearest)} {
		if empty.Width != 0 || empty.Height != 0 || len(empty.Pix) != 0 {
			t.Errorf("got %d×%d, want an empty photo", empty.Width, empty.Height)
		}
	}
	if got := Interpolation(9).String(); got != "Interpolation(9)" {
		t.Errorf("got %s", got)
	}
}
