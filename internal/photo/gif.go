package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// gifFile is the first frame of a GIF, laid on the screen as Pillow does: what
// the frame leaves open is palette entry 0, or the transparent one.
type gifFile struct {
	header     Info
	x, y, w, h int // of the frame, in pixels
	table      *palette
	background uint8
	interlaced bool
	rest       []byte // code size, then blocks
}

func openGIF(data []byte) (file, error) {
	f := &gifFile{header: Info{Format: "GIF", Orientation: 1}}
	r := &gifReader{rest: data}
	screen := r.take(13)
	global := r.palette(screen[10])
	for {
		const extension, graphicControl, imageDescriptor, trailer = '!', 0xf9, ',', ';'
		kind := r.take(1)[0]
		if r.err != nil {
			return nil, r.err
		}
		switch kind {
		case trailer:
			return nil, errors.New("no picture before the end")
		case extension:
			label, block := r.take(1)[0], r.block()
			if label == graphicControl && len(block) >= 4 && block[0]&1 != 0 {
				f.background = block[3]
			}
			for len(block) > 0 {
				block = r.block()
			}
		case imageDescriptor:
			at := r.take(9)
			f.x, f.y = int(binary.LittleEndian.Uint16(at)), int(binary.LittleEndian.Uint16(at[2:]))
			f.w, f.h = int(binary.LittleEndian.Uint16(at[4:])), int(binary.LittleEndian.Uint16(at[6:]))
			f.interlaced = at[8]&0x40 != 0
			f.table, f.header.Mode = greys(8, false), "L"
			if local := r.palette(at[8]); local != nil {
				global = local
			}
			if coloured(global) {
				f.table, f.header.Mode = paletteOf(global, 3, false), "P"
			}
			if r.err != nil {
				return nil, r.err
			}
			if f.w < 1 || f.h < 1 {
				return nil, fmt.Errorf("want a frame of at least one pixel, got %d×%d", f.w, f.h)
			}
			// A frame that reaches outside the screen enlarges it.
			f.header.Width = max(int(binary.LittleEndian.Uint16(screen[6:])), f.x+f.w)
			f.header.Height = max(int(binary.LittleEndian.Uint16(screen[8:])), f.y+f.h)
			f.rest = r.rest
			return f, nil
		}
	}
}

// coloured tells a palette from shades of grey in order, which Pillow treats as
// if there were none: they go on past the end.
func coloured(palette []byte) bool {
	for i := range len(palette) / 3 {
		if c := palette[3*i:]; int(c[0]) != i || c[1] != c[0] || c[2] != c[0] {
			return true
		}
	}
	return false
}

func (f *gifFile) info() Info { return f.header }

func (f *gifFile) decode(Options) (*Picture, error) {
	p := newPicture(f.header.Width, f.header.Height)
	fill(p.Pix, f.table[f.background])
	codes, err := newGIFCodes(f.rest)
	if err != nil {
		return p, err
	}
	paint := indexed(8, f.table)
	line := make([]uint8, f.w)
	for _, y := range f.order() {
		n, err := codes.read(line)
		at := 3 * ((f.y+y)*p.Width + f.x)
		paint(p.Pix[at:at+3*n], line)
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// order is the rows as the file has them.
func (f *gifFile) order() []int {
	rows := make([]int, 0, f.h)
	passes := [][2]int{{0, 1}} // first row, step
	if f.interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	for _, pass := range passes {
		for y := pass[0]; y < f.h; y += pass[1] {
			rows = append(rows, y)
		}
	}
	return rows
}

// A gifReader hands out the bytes of a file and remembers that they ran out,
// from where on all bytes are zero.
type gifReader struct {
	rest []byte
	err  error
}

func (r *gifReader) take(n int) []byte {
	if n > len(r.rest) {
		r.rest, r.err = nil, ErrTruncated
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// block is the next of a chain of blocks, which an empty one ends.
func (r *gifReader) block() []byte { return r.take(int(r.take(1)[0])) }

// palette is the colour table that the flags announce, or nil.
func (r *gifReader) palette(flags byte) []byte {
	if flags&0x80 == 0 {
		return nil
	}
	return r.take(3 << (flags&7 + 1))
}
