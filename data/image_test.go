package data

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRGBIsAnImage(t *testing.T) {
	p := smooth("image", 7, 5)
	var file bytes.Buffer
	if err := png.Encode(&file, p); err != nil {
		t.Fatal(err)
	}
	q, err := Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if q.Width != 7 || q.Height != 5 || !bytes.Equal(p.Pix, q.Pix) {
		t.Error("encoding and decoding changed the photo")
	}
	if p.At(7, 0) != (color.RGBA{}) || p.At(0, -1) != (color.RGBA{}) {
		t.Error("pixels outside the photo are not transparent")
	}
}

// plainImage hides the type of an image, so that only At is left.
type plainImage struct{ image.Image }

// TestFromImageFastPaths compares the loops over each type's bytes with the
// slow way through At, on a part of an image that starts at odd coordinates.
func TestFromImageFastPaths(t *testing.T) {
	whole, part := image.Rect(-3, -1, 20, 17), image.Rect(1, 3, 14, 16)
	fill := func(pix []uint8) {
		for i := range pix {
			pix[i] = uint8(i*37 + i/11)
		}
	}
	opaque := func(pix []uint8, size, alpha int) {
		for i := 0; i < len(pix); i += size {
			for a := size - alpha; a < size; a++ {
				pix[i+a] = 255
			}
		}
	}
	images := map[string]image.Image{}
	gray := image.NewGray(whole)
	fill(gray.Pix)
	images["gray"] = gray.SubImage(part)
	rgba := image.NewRGBA(whole)
	fill(rgba.Pix)
	opaque(rgba.Pix, 4, 1)
	images["rgba"] = rgba.SubImage(part)
	nrgba := image.NewNRGBA(whole)
	fill(nrgba.Pix)
	opaque(nrgba.Pix, 4, 1)
	images["nrgba"] = nrgba.SubImage(part)
	rgba64 := image.NewRGBA64(whole)
	fill(rgba64.Pix)
	opaque(rgba64.Pix, 8, 2)
	images["rgba64"] = rgba64.SubImage(part)
	nrgba64 := image.NewNRGBA64(whole)
	fill(nrgba64.Pix)
	opaque(nrgba64.Pix, 8, 2)
	images["nrgba64"] = nrgba64.SubImage(part)
	paletted := image.NewPaletted(whole, color.Palette{color.Gray{9}, color.RGBA{1, 2, 3, 255}, color.NRGBA{4, 5, 6, 255}})
	for i := range paletted.Pix {
		paletted.Pix[i] = uint8(i % 3)
	}
	images["paletted"] = paletted.SubImage(part)
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		ycbcr := image.NewYCbCr(image.Rect(0, 0, 20, 17), ratio)
		fill(ycbcr.Y)
		fill(ycbcr.Cb)
		fill(ycbcr.Cr)
		images[ratio.String()] = ycbcr.SubImage(part)
	}
	for name, img := range images {
		fast, slow := FromImage(img), FromImage(plainImage{img})
		if fast.Width != 13 || fast.Height != 13 || !bytes.Equal(fast.Pix, slow.Pix) {
			t.Errorf("%s: the fast path gives other pixels", name)
		}
	}
}

// TestFromImageRules checks the conversions that At would get wrong.
func TestFromImageRules(t *testing.T) {
	one := image.Rect(0, 0, 1, 1)
	for _, tt := range []struct {
		name string
		img  image.Image
		want [3]uint8
	}{
		{"alpha is dropped", &image.NRGBA{Pix: []uint8{10, 20, 30, 0}, Stride: 4, Rect: one}, [3]uint8{10, 20, 30}},
		{"16-bit alpha is dropped", &image.NRGBA64{Pix: []uint8{10, 1, 20, 2, 30, 3, 0, 0}, Stride: 8, Rect: one}, [3]uint8{10, 20, 30}},
		{"premultiplied", &image.RGBA{Pix: []uint8{51, 102, 0, 102}, Stride: 4, Rect: one}, [3]uint8{127, 255, 0}},
		{"clipped", &image.Gray16{Pix: []uint8{1, 0}, Stride: 2, Rect: one}, [3]uint8{255, 255, 255}},
		{"not clipped", &image.Gray16{Pix: []uint8{0, 77}, Stride: 2, Rect: one}, [3]uint8{77, 77, 77}},
		{"transparent palette entry", &image.Paletted{Pix: []uint8{1}, Stride: 1, Rect: one, Palette: color.Palette{color.Black, color.NRGBA{7, 8, 9, 0}}}, [3]uint8{7, 8, 9}},
		{"index past the palette", &image.Paletted{Pix: []uint8{2}, Stride: 1, Rect: one, Palette: color.Palette{color.White}}, [3]uint8{}},
		{"CMYK", &image.CMYK{Pix: []uint8{0, 128, 255, 55}, Stride: 4, Rect: one}, [3]uint8{200, 100, 0}},
	} {
		if got := [3]uint8(FromImage(tt.img).Pix); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReadImageErrors(t *testing.T) {
	bomb, err := os.ReadFile(filepath.Join("testdata", "images", "images", "png_bomb_50000x50000.png"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"empty.jpg": {},
		"page.jpg":  {Data: []byte("<html>")},
		"cut.jpg":   {Data: []byte("\xff\xd8\xff\xe0\x00\x10JFIF")},
		"bomb.png":  {Data: bomb},
		"dir/a.jpg": {},
	}
	for name, want := range map[string]string{
		"empty.jpg": "data: empty.jpg: not a photo: the file is empty",
		"page.jpg":  `data: page.jpg: not a photo: want JPEG, PNG, GIF, BMP, TIFF, WebP, PPM or ICO, got a file that starts with "<html>"`,
		"cut.jpg":   "data: cut.jpg: damaged or unsupported JPEG: the file ends early",
		"bomb.png":  "data: bomb.png: PNG: want 1 to 178956970 pixels, got 50000×50000",
		"dir":       "data: dir: read dir: invalid argument",
	} {
		if _, err := ReadImage(fsys, name); err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", name, err, want)
		}
	}
	if _, err := ReadImage(fsys, "none.jpg"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.jpg") {
		t.Errorf("missing file: got error %v", err)
	}
	if _, err := Decode(strings.NewReader("")); err == nil || err.Error() != "data: not a photo: the file is empty" {
		t.Errorf("empty reader: got error %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "images", "images", "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no pictures in testdata: %v", err)
	}
	for i, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file, uint16(i*37), uint16(i*101), uint8(i))
	}
	f.Fuzz(func(t *testing.T, file []byte, width, height uint16, how uint8) {
		const limit = 1 << 18
		d := Decoder{MaxPixels: limit, Orient: how&1 != 0, AllowTruncated: how&2 != 0}
		p, err := d.Decode(bytes.NewReader(file))
		if (p == nil) == (err == nil) {
			t.Fatalf("got photo %v and error %v", p != nil, err)
		}
		if err != nil {
			return
		}
		if p.Width < 1 || p.Height < 1 || p.Width*p.Height > limit || len(p.Pix) != 3*p.Width*p.Height {
			t.Fatalf("got %d bytes for %d×%d", len(p.Pix), p.Width, p.Height)
		}
		r := Resizing{Width: 1 + int(width)%500, Height: 1 + int(height)%500, Interpolation: Interpolation(how >> 3 % 7), KeepAspect: how&4 != 0}
		q := r.Apply(p)
		if len(q.Pix) != 3*q.Width*q.Height || q.Width != 0 && q.Width != r.Width {
			t.Fatalf("got %d bytes for %d×%d", len(q.Pix), q.Width, q.Height)
		}
		err = TF.Input(make([]float32, 3*r.Width*r.Height), p, r)
		if (err == nil) != (q.Width > 0) {
			t.Fatalf("resized to %d×%d and error %v", q.Width, q.Height, err)
		}
	})
}
