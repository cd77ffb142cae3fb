package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// bmpFile reads BMP of 1, 4, 8, 16, 24 and 32 bits, with bit masks or run
// lengths, in all headers from OS/2's on.
type bmpFile struct {
	header     Info
	bits       int
	runLength  bool
	topDown    bool
	unpack     unpacker
	background [3]uint8 // of rows that are lacking
	file       []byte
	start      int // of the pixels in it
}

func openBMP(data []byte) (file, error) {
	if len(data) < 14 {
		return nil, ErrTruncated
	}
	return openDIB(data, 14, uint64(binary.LittleEndian.Uint32(data[10:])))
}

// openDIB reads the headers at an offset. The pixels start at another, or where
// the headers end if that is 0.
func openDIB(data []byte, at int, start uint64) (*bmpFile, error) {
	const raw, rle8, rle4, bitFields = 0, 1, 2, 3
	if at > len(data)-4 {
		return nil, ErrTruncated
	}
	h := data[at:]
	size := binary.LittleEndian.Uint32(h)
	if !slices.Contains([]uint32{12, 40, 52, 56, 64, 108, 124}, size) {
		return nil, fmt.Errorf("header: want a size of 12 to 124 bytes, got %d", size)
	}
	if uint64(size) > uint64(len(h)) {
		return nil, ErrTruncated
	}
	f := &bmpFile{header: Info{Format: "BMP", Mode: "RGB", Orientation: 1}, file: data}
	compression, colours, entry := uint32(raw), uint64(0), 4
	if size == 12 {
		f.header.Width, f.header.Height = int(binary.LittleEndian.Uint16(h[4:])), int(binary.LittleEndian.Uint16(h[6:]))
		f.bits, entry = int(binary.LittleEndian.Uint16(h[10:])), 3
	} else {
		width, height := binary.LittleEndian.Uint32(h[4:]), int32(binary.LittleEndian.Uint32(h[8:]))
		f.topDown = height < 0
		f.header.Width, f.header.Height = int(width), int(max(int64(height), -int64(height)))
		f.bits = int(binary.LittleEndian.Uint16(h[14:]))
		compression = binary.LittleEndian.Uint32(h[16:])
		colours = uint64(binary.LittleEndian.Uint32(h[32:]))
	}
	if colours == 0 && f.bits <= 8 {
		colours = 1 << f.bits
	}
	if start == uint64(at)+uint64(size) && f.bits <= 8 { // some writers forget the palette
		start += uint64(entry) * colours
	}
	rest := h[size:]

	switch f.bits {
	case 1, 4, 8:
		if colours > 1<<16 {
			return nil, fmt.Errorf("palette: want at most 65536 colours, got %d", colours)
		}
		n := min(entry*int(colours), len(rest))
		f.readPalette(rest[:n], entry, int(colours))
		rest = rest[n:]
	case 16:
		f.unpack = bmp16(0x7c00, 0x3e0, 0x1f)
	case 24:
		f.unpack = picked(3, 2, 1, 0)
	case 32:
		f.unpack = picked(4, 2, 1, 0)
	default:
		return nil, fmt.Errorf("bits of a pixel: want 1, 4, 8, 16, 24 or 32, got %d", f.bits)
	}
	switch {
	case compression == raw:
	case compression == bitFields:
		masks := h[min(40, int(size)):]
		if len(masks) < 12 {
			return nil, ErrTruncated
		}
		if size == 40 {
			rest = rest[12:]
		}
		if err := f.setMasks(binary.LittleEndian.Uint32(masks), binary.LittleEndian.Uint32(masks[4:]), binary.LittleEndian.Uint32(masks[8:])); err != nil {
			return nil, err
		}
	case compression == rle8 && f.bits == 8, compression == rle4 && f.bits == 4:
		f.runLength = true
	default:
		return nil, fmt.Errorf("compression: want none, bit fields or run lengths, got %d with %d bits a pixel", compression, f.bits)
	}
	if start == 0 {
		start = uint64(len(data) - len(rest))
	}
	f.start = int(min(start, uint64(len(data))))
	return f, nil
}

func (f *bmpFile) readPalette(data []byte, entry, colours int) {
	table := paletteOf(data, entry, true)
	f.header.Mode = "P"
	grey := len(data) == entry*colours
	for i, c := range table[:min(colours, len(table))] {
		want := uint8(i)
		if colours == 2 {
			want = uint8(255 * i)
		}
		grey = grey && c == [3]uint8{want, want, want}
	}
	switch {
	case grey && colours == 2 && f.bits == 1:
		f.header.Mode = "1"
	case grey && f.bits == 8: // Pillow drops the palette, so that shades past its end exist
		f.header.Mode, table = "L", greys(8, false)
	}
	f.unpack, f.background = indexed(f.bits, table), table[0]
}

// setMasks accepts the masks that Pillow does.
func (f *bmpFile) setMasks(r, g, b uint32) error {
	masks := [3]uint32{r, g, b}
	switch {
	case f.bits == 16 && (masks == [3]uint32{0xf800, 0x7e0, 0x1f} || masks == [3]uint32{0x7c00, 0x3e0, 0x1f}):
		f.unpack = bmp16(r, g, b)
		return nil
	case f.bits == 24 && masks == [3]uint32{0xff0000, 0xff00, 0xff}, f.bits == 32 && masks == [3]uint32{}:
		return nil
	case f.bits == 32:
		var at [3]int
		for i, m := range masks {
			if at[i] = bits.TrailingZeros32(m) / 8; m == 0 || m != 0xff<<(8*at[i]) {
				return fmt.Errorf("bit masks: want whole bytes, got %#x", masks)
			}
		}
		f.unpack = picked(4, at[0], at[1], at[2])
		return nil
	}
	return fmt.Errorf("bit masks: want some for %d bits a pixel, got %#x", f.bits, masks)
}

// bmp16 takes channels out of 16-bit pixels and stretches them to 0..255.
func bmp16(masks ...uint32) unpacker {
	return func(dst, src []uint8) {
		for x := range len(dst) / 3 {
			v := uint32(binary.LittleEndian.Uint16(src[2*x:]))
			for c, m := range masks {
				low := bits.TrailingZeros32(m)
				dst[3*x+c] = uint8(v & m >> low * 255 / (m >> low))
			}
		}
	}
}

func (f *bmpFile) info() Info { return f.header }

func (f *bmpFile) decode(Options) (*Picture, error) {
	p := newPicture(f.header.Width, f.header.Height)
	fill(p.Pix, f.background)
	if f.runLength {
		return p, f.runs(p)
	}
	needed := (p.Width*f.bits + 7) / 8
	stride := (p.Width*f.bits + 31) / 32 * 4
	pixels := f.file[f.start:]
	for y := range p.Height {
		if len(pixels) < needed {
			return p, ErrTruncated
		}
		f.unpack(f.row(p, y), pixels)
		pixels = pixels[min(stride, len(pixels)):]
	}
	return p, nil
}

// row is the y-th row of the file.
func (f *bmpFile) row(p *Picture, y int) []uint8 {
	if f.topDown {
		return p.row(y)
	}
	return p.row(p.Height - 1 - y)
}

// errShortRuns says that there are fewer pixels than the header promises, which
// Pillow does not accept either.
var errShortRuns = errors.New("run lengths: want all pixels")

// runs reads run lengths. A pixel that none of them covers has index 0.
func (f *bmpFile) runs(p *Picture) error {
	// Pairs of bytes: (n, v) is n times v; (0, 0) ends a row, (0, 1) the picture,
	// (0, 2) skips by two more bytes, (0, n) is followed by n indices, padded.
	indices := make([]uint8, 0, p.Width*p.Height)
	at, x := f.start, 0
	paint := func() {
		// One byte a pixel, whatever the file has.
		table := f.unpack
		if f.bits == 4 {
			table = f.widened()
		}
		for y := range p.Height {
			if row := indices[min(y*p.Width, len(indices)):min((y+1)*p.Width, len(indices))]; len(row) > 0 {
				table(f.row(p, y)[:3*len(row)], row)
			}
		}
	}
	defer paint()
	zeros := func(n int) {
		n = min(n, cap(indices)-len(indices))
		indices = indices[:len(indices)+n] // as allocated
	}
	for len(indices) < cap(indices) {
		if at+2 > len(f.file) {
			return ErrTruncated
		}
		n, v := int(f.file[at]), f.file[at+1]
		at += 2
		switch {
		case n > 0:
			n = min(n, max(p.Width-x, 0), cap(indices)-len(indices))
			for i := range n {
				indices = append(indices, f.sample(v, i))
			}
			x += n
		case v == 0:
			zeros((p.Width - len(indices)%p.Width) % p.Width)
			x = 0
		case v == 1:
			return errShortRuns
		case v == 2:
			if at+2 > len(f.file) {
				return ErrTruncated
			}
			zeros(int(f.file[at]) + int(f.file[at+1])*p.Width)
			at += 2
			x = len(indices) % p.Width
		default:
			n = min(int(v), cap(indices)-len(indices))
			size := n
			if f.bits == 4 {
				size = (n + 1) / 2
			}
			if at+size > len(f.file) {
				return ErrTruncated
			}
			for i := range n {
				if f.bits == 4 {
					indices = append(indices, f.sample(f.file[at+i/2], i))
				} else {
					indices = append(indices, f.file[at+i])
				}
			}
			at += size
			at += at % 2
			x += int(v)
		}
	}
	return nil
}

// sample is the i-th of the indices in a byte, which take turns if there are two.
func (f *bmpFile) sample(v uint8, i int) uint8 {
	if f.bits == 8 {
		return v
	}
	return v >> (4 - 4*(i%2)) & 15
}

// widened is the unpacker for indices of 4 bits that have a byte each.
func (f *bmpFile) widened() unpacker {
	return func(dst, src []uint8) {
		for x, v := range src {
			f.unpack(dst[3*x:3*x+3], []uint8{v << 4})
		}
	}
}
