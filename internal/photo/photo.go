package photo

import (
	"bytes"
	"errors"
	"fmt"
)

// Picture is [Height, Width, 3]: three bytes a pixel, rows from top to bottom.
type Picture struct {
	Pix           []uint8
	Width, Height int
}

// newPicture returns a black picture.
func newPicture(width, height int) *Picture {
	return &Picture{Pix: make([]uint8, 3*width*height), Width: width, Height: height}
}

// row is the bytes of row y.
func (p *Picture) row(y int) []uint8 { return p.Pix[3*y*p.Width : 3*(y+1)*p.Width] }

// Info is what a file's header says.
type Info struct {
	Format        string // JPEG, PNG, GIF, BMP, TIFF, WEBP, PPM or ICO, as Pillow calls it
	Mode          string // Pillow's mode before the conversion to RGB: L, P, RGB, CMYK, I;16 …
	Sampling      string // of chroma: 4:4:4, 4:2:0 …; empty where there is none
	Progressive   bool
	Width, Height int // pixels, as stored
	Orientation   int // of Exif or XMP, 1 to 8; 1 if there is none
}

// Options change how files are decoded. MaxPixels must be above 0.
type Options struct {
	MaxPixels      int  // larger pictures are an error before memory is taken for them
	Orient         bool // turn pictures upright
	AllowTruncated bool // keep what could be decoded of a damaged file
}

// A file is an opened picture file: its header is read, its pixels are not.
type file interface {
	info() Info
	// decode returns the pixels. If it fails on the way it returns those that it
	// has, beside the error.
	decode(o Options) (*Picture, error)
}

// A format is one kind of file, told by its first bytes. Package image's registry
// is not used: programs would see what is registered there.
type format struct {
	name string
	is   func(data []byte) bool
	open func(data []byte) (file, error)
}

var formats = [...]format{
	{"JPEG", starts("\xff\xd8\xff"), openJPEG},
	{"PNG", starts(pngSignature), openPNG},
	{"GIF", starts("GIF87a", "GIF89a"), openGIF},
	{"BMP", starts("BM"), openBMP},
	{"TIFF", starts("II*\x00", "MM\x00*"), openTIFF},
	{"WebP", isWebP, openWebP},
	{"PPM", starts("P5", "P6"), openPPM},
	{"ICO", starts("\x00\x00\x01\x00"), openICO},
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

// ErrTruncated is what errors of files that end early wrap.
var ErrTruncated = errors.New("the file is truncated")

// Decode turns a file into pixels.
func Decode(data []byte, o Options) (p *Picture, err error) {
	f, err := sniff(data)
	if err != nil {
		return nil, err
	}
	defer f.guard(&p, &err)
	opened, err := f.open(data)
	if err != nil {
		return nil, fmt.Errorf("damaged or unsupported %s: %w", f.name, err)
	}
	info := opened.info()
	if info.Width < 1 || info.Height < 1 || int64(info.Width)*int64(info.Height) > int64(o.MaxPixels) {
		return nil, fmt.Errorf("%s: want 1 to %d pixels, got %d×%d", f.name, o.MaxPixels, info.Width, info.Height)
	}
	p, err = opened.decode(o)
	if err != nil && (!o.AllowTruncated || p == nil) {
		return nil, fmt.Errorf("damaged or unsupported %s: %w", f.name, err)
	}
	if o.Orient && info.Format != "TIFF" { // which is upright already
		p = p.upright(info.Orientation)
	}
	return p, nil
}

// Inspect reads the header of a file.
func Inspect(data []byte) (i Info, err error) {
	f, err := sniff(data)
	if err != nil {
		return Info{}, err
	}
	var none *Picture
	defer f.guard(&none, &err)
	opened, err := f.open(data)
	if err != nil {
		return Info{}, fmt.Errorf("damaged or unsupported %s: %w", f.name, err)
	}
	return opened.info(), nil
}

// guard turns a panic of a decoder of others into an error.
func (f format) guard(p **Picture, err *error) {
	if r := recover(); r != nil {
		*p, *err = nil, fmt.Errorf("damaged %s: the decoder failed: %v", f.name, r)
	}
}

func sniff(data []byte) (format, error) {
	for _, f := range formats {
		if f.is(data) {
			return f, nil
		}
	}
	const want = "want JPEG, PNG, GIF, BMP, TIFF, WebP, PPM or ICO"
	switch {
	case len(data) == 0:
		return format{}, errors.New("not a photo: the file is empty")
	case len(data) >= 12 && string(data[4:8]) == "ftyp":
		return format{}, fmt.Errorf("unsupported photo: %s, got AVIF, HEIC or another %q file", want, data[8:12])
	case bytes.HasPrefix(data, []byte("\x00\x00\x00\x0cjP  ")):
		return format{}, fmt.Errorf("unsupported photo: %s, got JPEG 2000", want)
	}
	return format{}, fmt.Errorf("not a photo: %s, got a file that starts with %q", want, data[:min(len(data), 8)])
}
