package data

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

const (
	maxFile   = 1 << 30   // bytes
	maxPixels = 178956970 // where Pillow raises DecompressionBombError
)

// A format is one kind of photo file. It is found by signature rather than in
// the registry of package image, which would be a change that users can see.
type format struct {
	name   string
	is     func(data []byte) bool
	size   func(data []byte) (image.Point, error) // without decoding pixels
	decode func(data []byte) (*RGB, error)
}

var formats = [...]format{
	{"JPEG", starts("\xff\xd8\xff"), size(jpeg.DecodeConfig), plain(jpeg.Decode)},
	{"PNG", starts("\x89PNG\r\n\x1a\n"), size(png.DecodeConfig), decodePNG},
	{"GIF", starts("GIF87a", "GIF89a"), sizeGIF, decodeGIF},
	{"BMP", starts("BM"), size(bmp.DecodeConfig), plain(bmp.Decode)},
	{"TIFF", starts("II*\x00", "MM\x00*"), size(tiff.DecodeConfig), decodeTIFF},
	{"WebP", isWebP, size(webp.DecodeConfig), decodeWebP},
}

func starts(signatures ...string) func([]byte) bool {
	return func(data []byte) bool {
		for _, s := range signatures {
			if bytes.HasPrefix(data, []byte(s)) {
				return true
			}
		}
		return false
	}
}

func isWebP(data []byte) bool {
	return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
}

func size(config func(io.Reader) (image.Config, error)) func([]byte) (image.Point, error) {
	return func(data []byte) (image.Point, error) {
		c, err := config(bytes.NewReader(data))
		return image.Pt(c.Width, c.Height), err
	}
}

// plain is a decoder whose images need nothing beyond [FromImage].
func plain(decode func(io.Reader) (image.Image, error)) func([]byte) (*RGB, error) {
	return func(data []byte) (*RGB, error) {
		img, err := decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return FromImage(img), nil
	}
}

func read(r io.Reader) (*RGB, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("not a photo: want at most %d bytes, got more", maxFile)
	}
	return decode(data, maxPixels)
}

// decode turns a file into pixels, of which there may be at most limit.
func decode(data []byte, limit int) (p *RGB, err error) {
	f, err := sniff(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("damaged %s: the decoder failed: %v", f.name, r)
		}
	}()
	size, err := f.size(data)
	if err != nil {
		return nil, fmt.Errorf("damaged or unsupported %s: %w", f.name, err)
	}
	if size.X < 1 || size.Y < 1 || int64(size.X)*int64(size.Y) > int64(limit) {
		return nil, fmt.Errorf("%s: want 1 to %d pixels, got %d×%d", f.name, limit, size.X, size.Y)
	}
	if p, err = f.decode(data); err != nil {
		return nil, fmt.Errorf("damaged or unsupported %s: %w", f.name, err)
	}
	return p, nil
}

func sniff(data []byte) (format, error) {
	for _, f := range formats {
		if f.is(data) {
			return f, nil
		}
	}
	if len(data) == 0 {
		return format{}, errors.New("not a photo: the file is empty")
	}
	return format{}, fmt.Errorf("not a photo: want JPEG, PNG, GIF, BMP, TIFF or WebP, got a file that starts with %q", data[:min(len(data), 8)])
}

// decodePNG tells apart two kinds of picture for which png.Decode has one type:
// of 16-bit grey with a transparent shade Pillow clips the shade to 255, of
// 16-bit grey with alpha it takes the high byte.
func decodePNG(data []byte) (*RGB, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	const bitDepth, colourType = 24, 25 // offsets in a file, whose first chunk is always IHDR
	src, ok := img.(*image.NRGBA64)
	if !ok || data[bitDepth] != 16 || data[colourType] != 0 {
		return FromImage(img), nil
	}
	p := newRGB(src.Rect.Dx(), src.Rect.Dy())
	for i := range p.Width * p.Height {
		v := clip16(src.Pix[8*i], src.Pix[8*i+1])
		p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = v, v, v
	}
	return p, nil
}
