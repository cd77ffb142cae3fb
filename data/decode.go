package data

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/cairnml/cairn/internal/photo"
)

// DecoderVersion names the rules by which photos become pixels. It changes
// whenever a change of this package moves a pixel of a photo that could be
// decoded before.
const DecoderVersion = "pillow-13.0.0"

const (
	maxFile    = 1 << 30   // bytes
	maxTrusted = 64 << 20  // bytes; archives can claim any size
	maxPixels  = 178956970 // where Pillow raises DecompressionBombError
)

// Decoder reads photos. The zero value reads them as Keras does.
type Decoder struct {
	// MaxPixels is the number of pixels beyond which a photo is refused, before
	// memory is taken for them; 0 = 178,956,970, Pillow's limit. Decoding takes at
	// most 9 bytes a pixel, and 100 kB.
	MaxPixels int
	// Orient turns a photo upright as its Exif or XMP data say, as Pillow's
	// ImageOps.exif_transpose does. Keras leaves it as it is stored, except TIFF,
	// which Pillow always turns.
	Orient bool
	// AllowTruncated keeps what could be decoded of a damaged file instead of
	// refusing it, as Pillow's LOAD_TRUNCATED_IMAGES does. The rest is black, in
	// JPEG grey or blurred.
	AllowTruncated bool
}

// Decode reads a JPEG, PNG, GIF (the first frame), BMP, WebP (the first frame),
// TIFF (the first page), PPM or ICO (the largest) photo. The content decides
// which, never a file name. Pixels become RGB by the rules of [FromImage]. A
// file of more than 1 GiB is refused.
func (d Decoder) Decode(r io.Reader) (*RGB, error) {
	p, err := d.read(r)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return p, nil
}

// ReadImage decodes the photo in one file as [Decoder.Decode] does. Its errors
// name the file; a missing one satisfies errors.Is(err, fs.ErrNotExist).
func (d Decoder) ReadImage(fsys fs.FS, name string) (*RGB, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	p, err := d.read(f)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", name, err)
	}
	return p, nil
}

func (d Decoder) read(r io.Reader) (*RGB, error) {
	file, err := readFile(r)
	if err != nil {
		return nil, err
	}
	o := photo.Options{MaxPixels: d.MaxPixels, Orient: d.Orient, AllowTruncated: d.AllowTruncated}
	if o.MaxPixels <= 0 {
		o.MaxPixels = maxPixels
	}
	p, err := photo.Decode(file, o)
	if err != nil {
		return nil, err
	}
	return &RGB{Pix: p.Pix, Width: p.Width, Height: p.Height}, nil
}

// readFile returns the content, with memory for once its size if that is known.
func readFile(r io.Reader) ([]byte, error) {
	size := int64(0)
	switch r := r.(type) {
	case fs.File:
		if info, err := r.Stat(); err == nil {
			size = info.Size()
		}
	case interface{ Len() int }:
		size = int64(r.Len())
	}
	if size > maxFile {
		return nil, tooLarge(size)
	}
	data := make([]byte, 0, min(size, maxTrusted)+1)
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		case len(data) > maxFile:
			return nil, tooLarge(int64(len(data)))
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

func tooLarge(size int64) error {
	return fmt.Errorf("not a photo: want at most %d bytes, got %d", maxFile, size)
}

// Decode is [Decoder.Decode] of the zero Decoder.
func Decode(r io.Reader) (*RGB, error) { return Decoder{}.Decode(r) }

// ReadImage is [Decoder.ReadImage] of the zero Decoder.
func ReadImage(fsys fs.FS, name string) (*RGB, error) { return Decoder{}.ReadImage(fsys, name) }

// Info is what the header of a photo file says.
type Info struct {
	Format        string // JPEG, PNG, GIF, BMP, TIFF, WEBP, PPM or ICO
	Mode          string // Pillow's mode before the conversion to RGB: L, P, RGB, CMYK, I;16 …
	Sampling      string // chroma of a JPEG: 4:4:4, 4:2:2, 4:2:0 …; else ""
	Progressive   bool   // of a JPEG
	Width, Height int    // pixels, as decoded without Decoder.Orient
	Orientation   int    // of Exif or XMP: 1 to 8, 1 is upright or not said
}

// ReadInfo reads the header of one file. No pixels are decoded and no limit on
// their number applies. Its errors are those of [ReadImage].
func ReadInfo(fsys fs.FS, name string) (Info, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return Info{}, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	file, err := readFile(f)
	if err != nil {
		return Info{}, fmt.Errorf("data: %s: %w", name, err)
	}
	i, err := photo.Inspect(file)
	if err != nil {
		return Info{}, fmt.Errorf("data: %s: %w", name, err)
	}
	return Info(i), nil
}
