package data

import "testing"

// TestUpright turns a picture that Pillow's ImageOps.exif_transpose turns to the
// rows given here.
func TestUpright(t *testing.T) {
	const stored = "abc/def"
	for i, want := range []string{
		"abc/def", "cba/fed", "fed/cba", "def/abc", // 1 to 4
		"ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad", // 5 to 8
	} {
		p := newRGB(3, 2)
		for j, c := range "abcdef" {
			p.Pix[3*j], p.Pix[3*j+2] = uint8(c), uint8(c)
		}
		q := p.upright(uint16(i + 1))
		got := ""
		for j := 0; j < len(q.Pix); j += 3 {
			if j > 0 && j/3%q.Width == 0 {
				got += "/"
			}
			got += string(rune(q.Pix[j]))
			if q.Pix[j] != q.Pix[j+2] || q.Pix[j+1] != 0 {
				t.Errorf("orientation %d: pixels are torn apart", i+1)
			}
		}
		if got != want {
			t.Errorf("orientation %d of %s: got %s, want %s", i+1, stored, got, want)
		}
	}
}
