package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
)

func isWebP(data []byte) bool {
	return len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
}

// webpFile is a still picture or the first frame of an animation, which lies on a
// black canvas.
type webpFile struct {
	header Info
	x, y   int    // of the frame, in pixels
	frame  []byte // VP8 or VP8L data
	lossy  bool
}

func openWebP(data []byte) (file, error) {
	// The size that the header gives does not count itself and eight bytes more.
	size := uint64(binary.LittleEndian.Uint32(data[4:])) + 8
	if size > uint64(len(data)) {
		return nil, ErrTruncated
	}
	f := &webpFile{header: Info{Format: "WEBP", Mode: "RGB", Orientation: 1}}
	var exif, xmp []byte
	extended, hasAlpha := false, false
	err := webpChunks(data[12:size], func(name string, body []byte) error {
		switch name {
		case "VP8X":
			if len(body) < 10 {
				return ErrTruncated
			}
			extended, hasAlpha = true, body[0]&0x10 != 0
			f.header.Width, f.header.Height = uint24(body[4:])+1, uint24(body[7:])+1
		case "ANMF":
			if f.frame != nil {
				return nil
			}
			if len(body) < 16 {
				return ErrTruncated
			}
			f.x, f.y = 2*uint24(body), 2*uint24(body[3:])
			return webpChunks(body[16:], f.still)
		case "EXIF":
			exif = body
		case "XMP ":
			xmp = body
		}
		if f.frame == nil {
			return f.still(name, body)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if f.frame == nil {
		return nil, errors.New("no picture")
	}
	w, h, frameAlpha, err := f.frameSize()
	if err != nil {
		return nil, err
	}
	if !extended {
		f.header.Width, f.header.Height, hasAlpha = w, h, frameAlpha
	}
	if f.x+w > f.header.Width || f.y+h > f.header.Height {
		return nil, fmt.Errorf("want a frame within %d×%d pixels, got %d×%d at %d, %d", f.header.Width, f.header.Height, w, h, f.x, f.y)
	}
	if hasAlpha {
		f.header.Mode = "RGBA"
	}
	f.header.Orientation = orientation(exif, xmp)
	return f, nil
}

// webpChunks hands out chunk after chunk.
func webpChunks(data []byte, each func(name string, body []byte) error) error {
	for len(data) >= 8 {
		n := uint64(binary.LittleEndian.Uint32(data[4:]))
		if n > uint64(len(data)-8) {
			return ErrTruncated
		}
		if err := each(string(data[:4]), data[8:8+n]); err != nil {
			return err
		}
		data = data[min(8+n+n%2, uint64(len(data))):]
	}
	return nil
}

func (f *webpFile) still(name string, body []byte) error {
	if name == "VP8 " || name == "VP8L" {
		f.frame, f.lossy = body, name == "VP8 "
	}
	return nil
}

func (f *webpFile) frameSize() (w, h int, alpha bool, err error) {
	if f.lossy {
		d := vp8.NewDecoder()
		d.Init(bytes.NewReader(f.frame), len(f.frame))
		head, err := d.DecodeFrameHeader()
		return head.Width, head.Height, false, err
	}
	c, err := vp8l.DecodeConfig(bytes.NewReader(f.frame))
	if err != nil {
		return 0, 0, false, err
	}
	const usesAlpha = 0x10 // in the byte that ends signature, width and height
	return c.Width, c.Height, f.frame[4]&usesAlpha != 0, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func (f *webpFile) info() Info { return f.header }

func (f *webpFile) decode(Options) (*Picture, error) {
	if f.lossy {
		d := vp8.NewDecoder()
		d.Init(bytes.NewReader(f.frame), len(f.frame))
		if _, err := d.DecodeFrameHeader(); err != nil {
			return nil, err
		}
		img, err := d.DecodeFrame()
		if err != nil {
			return nil, err
		}
		p := newPicture(f.header.Width, f.header.Height)
		f.paintLossy(p, img)
		return p, nil
	}
	decoded, err := vp8l.Decode(bytes.NewReader(f.frame))
	if err != nil {
		return nil, err
	}
	img, ok := decoded.(*image.NRGBA)
	if !ok {
		return nil, fmt.Errorf("want pixels with alpha, got %T", decoded)
	}
	p := newPicture(f.header.Width, f.header.Height)
	pick, w := picked(4, 0, 1, 2), img.Rect.Dx()
	for y := range img.Rect.Dy() {
		pick(p.row(f.y + y)[3*f.x:3*(f.x+w)], img.Pix[y*img.Stride:])
	}
	return p, nil
}
