package data

import (
	"image"
	"image/color"
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
