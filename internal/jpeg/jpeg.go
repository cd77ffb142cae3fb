package jpeg

import (
	"errors"
	"fmt"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// MaxPixels is how many pixels a picture may have by default: where Pillow
// raises DecompressionBombError.
const MaxPixels = 178956970

var (
	// ErrTruncated is for files that end before their end marker. Sequential
	// ones with enough bytes after their last block are accepted without it, as
	// Pillow does.
	ErrTruncated = errors.New("the file ends early")
	// ErrUnsupported is for kinds of JPEG that are not decoded.
	ErrUnsupported = errors.New("unsupported")
)

// Options say how to decode. The zero value is as Pillow does.
type Options struct {
	// MaxPixels is the largest width × height accepted, [MaxPixels] when 0. It
	// is checked before memory is taken.
	MaxPixels int
	// AllowTruncated accepts files that end within or after their first scan,
	// as if an end marker followed: what is missing is grey, or blurred in a
	// progressive file.
	AllowTruncated bool
	// Kernel is the implementation of the inner loops. One that this CPU or build
	// lacks is an error.
	Kernel kernel.Implementation
	// Concurrent decodes a sequential file with two goroutines instead of one.
	Concurrent bool
}

// Image is a decoded picture, [Height, Width, 3]: red, green and blue of a
// pixel, rows from top to bottom, without padding.
type Image struct {
	Config
	Pix []uint8
}

// Decode decodes the first picture in data. Bytes after it are ignored.
func Decode(data []byte, o Options) (*Image, error) {
	d, err := newDecoder(data, o)
	if err != nil {
		return nil, err
	}
	pix, err := d.decode()
	if err != nil {
		return nil, fmt.Errorf("jpeg: %w", err)
	}
	return &Image{Config: d.config(), Pix: pix}, nil
}

// DecodeConfig reads what precedes the pixels.
func DecodeConfig(data []byte) (Config, error) {
	d, err := newDecoder(data, Options{})
	if err != nil {
		return Config{}, err
	}
	return d.config(), nil
}

// newDecoder reads up to the first scan.
func newDecoder(data []byte, o Options) (*decoder, error) {
	if o.MaxPixels == 0 {
		o.MaxPixels = MaxPixels
	}
	loops, err := pixel.New(o.Kernel)
	if err != nil {
		return nil, fmt.Errorf("jpeg: %w", err)
	}
	d := &decoder{markers: markers{data: data}, options: o, loops: loops}
	if err := d.readHeader(); err != nil {
		return nil, fmt.Errorf("jpeg: %w", err)
	}
	return d, nil
}

// decoder is the state of one file: tables, which may change between scans, and
// the frame.
type decoder struct {
	markers
	options Options
	loops   pixel.Loops
	tables  tables
	frame   *frame
	scan    scanHeader // of the scan that begins at pos
	scans   int        // scan headers read
	app     appMarkers
	color   ColorModel
}

// decode reads the scans and whatever follows them to the end marker.
func (d *decoder) decode() ([]uint8, error) {
	f := d.frame
	if n := int64(f.width) * int64(f.height); n > int64(d.options.MaxPixels) {
		return nil, fmt.Errorf("want at most %d pixels, got %d×%d", d.options.MaxPixels, f.width, f.height)
	}
	if f.progressive || len(d.scan.components) < len(f.components) {
		return d.decodeBuffered()
	}
	return d.decodeSequential()
}
