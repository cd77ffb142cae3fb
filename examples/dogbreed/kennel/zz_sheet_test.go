package kennel

import (
	"image"
	"image/draw"
	"image/png"
	"os"
	"strconv"
	"testing"
)

func TestZZSheet(t *testing.T) {
	out := os.Getenv("SHEET")
	if out == "" {
		t.Skip()
	}
	cols := 6
	first, _ := strconv.Atoi(os.Getenv("FIRST"))
	last := len(table)
	if s := os.Getenv("LAST"); s != "" {
		last, _ = strconv.Atoi(s)
	}
	img := image.NewRGBA(image.Rect(0, 0, cols*330, (last-first)*290))
	for b := first; b < last; b++ {
		for i := 0; i < cols; i++ {
			p, _ := photo(7, b, i)
			r := p.Bounds().Sub(image.Pt(0, 0)).Add(image.Pt(i*330, (b-first)*290))
			if r.Max.Y > (b-first+1)*290 {
				r.Max.Y = (b - first + 1) * 290
			}
			draw.Draw(img, r, p, image.Point{}, draw.Src)
		}
	}
	f, _ := os.Create(out)
	png.Encode(f, img)
	f.Close()
}

func TestZZWrite(t *testing.T) {
	if d := os.Getenv("KDIR"); d != "" {
		seed, _ := strconv.ParseUint(os.Getenv("KSEED"), 10, 64)
		if err := Write(d, Options{Seed: seed}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestZZOne(t *testing.T) {
	if out := os.Getenv("ONE"); out != "" {
		img := image.NewRGBA(image.Rect(0, 0, 1050, 310))
		for k, v := range [][2]int{{10, 0}, {9, 0}, {6, 5}} {
			p, _ := photo(7, v[0], v[1])
			draw.Draw(img, p.Bounds().Add(image.Pt(k*350, 0)), p, image.Point{}, draw.Src)
		}
		f, _ := os.Create(out)
		png.Encode(f, img)
		f.Close()
	}
}
