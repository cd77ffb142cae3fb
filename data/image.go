package data

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"io/fs"
)

// RGB is a decoded photo, [Height, Width, 3]: three bytes a pixel (red, green,
// blue), rows from top to bottom, without padding. It has no alpha channel. It
// implements [image.Image], so that it can be drawn or encoded.
type RGB struct {
	Pix           []uint8
	Width, Height int // pixels
}

// newRGB returns a black photo.
func newRGB(width, height int) *RGB {
	return &RGB{Pix: make([]uint8, 3*width*height), Width: width, Height: height}
}

// ColorModel implements [image.Image].
func (p *RGB) ColorModel() color.Model { return color.RGBAModel }

// Bounds implements [image.Image]; the top left pixel is (0, 0).
func (p *RGB) Bounds() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }

// At implements [image.Image]. Outside the photo it is transparent black.
func (p *RGB) At(x, y int) color.Color {
	if x < 0 || y < 0 || x >= p.Width || y >= p.Height {
		return color.RGBA{}
	}
	i := 3 * (y*p.Width + x)
	return color.RGBA{p.Pix[i], p.Pix[i+1], p.Pix[i+2], 255}
}

// Opaque tells encoders that no pixel is transparent.
func (p *RGB) Opaque() bool { return true }

// Decode reads a JPEG, PNG, GIF (the first frame), BMP, WebP or TIFF photo. The
// content decides which, never a file name. Pixels become RGB as [FromImage]
// says. An orientation noted in a TIFF is applied, in others it is not, as in
// Keras.
//
// A photo of more than 178,956,970 pixels (Pillow's limit), or a file of more
// than 1 GiB, is refused before its pixels are decoded.
func Decode(r io.Reader) (*RGB, error) {
	p, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return p, nil
}

// ReadImage decodes the photo in one file as [Decode] does. Its errors name the
// file; a missing one satisfies errors.Is(err, fs.ErrNotExist).
func ReadImage(fsys fs.FS, name string) (*RGB, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	p, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", name, err)
	}
	return p, nil
}
