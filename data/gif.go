package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"io"
)

// A gifHead is what stands in a GIF file before the pixels of its first frame.
type gifHead struct {
	screen      image.Point // size
	frame       image.Rectangle
	palette     []byte // RGB triples
	transparent int    // palette index, or -1
}

// size is that of the screen, enlarged for a frame that does not fit on it.
func (h gifHead) size() image.Point {
	return image.Pt(max(h.screen.X, h.frame.Max.X), max(h.screen.Y, h.frame.Max.Y))
}

// colour is an entry of the palette; past its end all are black.
func (h gifHead) colour(i int) color.RGBA {
	if 3*i+3 > len(h.palette) {
		return color.RGBA{A: 255}
	}
	return color.RGBA{h.palette[3*i], h.palette[3*i+1], h.palette[3*i+2], 255}
}

func sizeGIF(data []byte) (image.Point, error) {
	h, err := readGIFHead(data)
	return h.size(), err
}

// decodeGIF reads the first frame and lays it on the screen as Pillow does. It
// makes up for two things in gif.Decode: the colour of the transparent index is
// lost there, and a frame that reaches outside the screen is an error.
func decodeGIF(data []byte) (*RGB, error) {
	head, err := readGIFHead(data)
	if err != nil {
		return nil, err
	}
	size := head.size()
	const screenAt, screenEnd = 6, 10
	start := bytes.Clone(data[:screenEnd])
	binary.LittleEndian.PutUint16(start[screenAt:], uint16(min(size.X, 0xffff)))
	binary.LittleEndian.PutUint16(start[screenAt+2:], uint16(min(size.Y, 0xffff)))
	img, err := gif.Decode(io.MultiReader(bytes.NewReader(start), bytes.NewReader(data[screenEnd:])))
	if err != nil {
		return nil, err
	}
	frame, ok := img.(*image.Paletted)
	if !ok {
		return nil, errors.New("want a picture with a palette")
	}
	if i := head.transparent; i >= 0 && i < len(frame.Palette) {
		frame.Palette[i] = head.colour(i)
	}

	p := newRGB(size.X, size.Y)
	background := head.colour(max(head.transparent, 0))
	for i := 0; i < len(p.Pix); i += 3 {
		p.Pix[i], p.Pix[i+1], p.Pix[i+2] = background.R, background.G, background.B
	}
	row := rowsOf(frame)
	for y := frame.Rect.Min.Y; y < frame.Rect.Max.Y; y++ {
		at := 3 * (y*p.Width + frame.Rect.Min.X)
		row(p.Pix[at:at+3*frame.Rect.Dx()], y)
	}
	return p, nil
}

// readGIFHead walks the blocks up to the first image descriptor.
func readGIFHead(data []byte) (gifHead, error) {
	const extension, graphicControl, imageDescriptor = 0x21, 0xf9, 0x2c
	r := gifReader{rest: data}
	h := gifHead{transparent: -1}
	screen := r.take(13)
	h.screen = point(screen[6:])
	h.palette = r.table(screen[10])
	for {
		switch kind := r.take(1)[0]; {
		case r.err != nil:
			return gifHead{}, r.err
		case kind == extension:
			label := r.take(1)[0]
			for n := r.take(1)[0]; n > 0; n = r.take(1)[0] {
				block := r.take(int(n))
				if label == graphicControl && n == 4 {
					h.transparent = -1
					if block[0]&1 != 0 {
						h.transparent = int(block[3])
					}
				}
			}
		case kind == imageDescriptor:
			frame := r.take(9)
			h.frame.Min = point(frame)
			h.frame.Max = h.frame.Min.Add(point(frame[4:]))
			if local := r.table(frame[8]); local != nil {
				h.palette = local
			}
			return h, r.err
		default:
			return gifHead{}, errors.New("no picture before the end")
		}
	}
}

// A gifReader hands out the bytes of a file and remembers that they ran out,
// from where on all bytes are zero.
type gifReader struct {
	rest []byte
	err  error
}

func (r *gifReader) take(n int) []byte {
	if n > len(r.rest) {
		r.rest, r.err = nil, io.ErrUnexpectedEOF
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// table is the colour table that the flags announce, or nil.
func (r *gifReader) table(flags byte) []byte {
	if flags&0x80 == 0 {
		return nil
	}
	return r.take(3 << (flags&7 + 1))
}

// point is two little-endian 16-bit numbers.
func point(b []byte) image.Point {
	return image.Pt(int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])))
}
