package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// maxSize is libjpeg's limit on width and height.
const maxSize = 65500

// frame is the geometry of a picture.
type frame struct {
	width, height int
	progressive   bool
	components    []component
	hMax, vMax    int // largest sampling factors
	mcuW, mcuH    int // MCUs in an interleaved scan
}

// component is one plane.
type component struct {
	id         byte
	h, v       int // sampling factors
	quantIndex byte
	quant      *[64]uint16   // in the order of a pixel.Block; nil until the first scan with this component
	w, rows    int           // real samples: ceil(width × h / hMax) and so on
	bw, bh     int           // blocks that hold the real samples
	bwMCU      int           // blocks in a row of whole MCUs
	coefs      []pixel.Block // [mcuH × v, bwMCU], in buffered mode
	pitch      int           // blocks from a row of coefs to the next
	nonzero    []uint64      // [mcuH × v, bwMCU], of each block a bit for every coefficient but DC that is not 0; sequential: for the last
	bits       [64]int8      // progressive: how many low bits are unknown, −1: all
	bitsBefore [64]int8      // the same one scan earlier
}

func newFrame(s []byte, progressive bool) (*frame, error) {
	if len(s) < 6 {
		return nil, fmt.Errorf("want 6 or more bytes of frame header, got %d", len(s))
	}
	f := &frame{
		height:      int(binary.BigEndian.Uint16(s[1:])),
		width:       int(binary.BigEndian.Uint16(s[3:])),
		progressive: progressive,
		components:  make([]component, s[5]),
	}
	if s[0] != 8 {
		return nil, fmt.Errorf("%w: want 8 bits a sample, got %d", ErrUnsupported, s[0])
	}
	if n := len(f.components); n != 1 && n != 3 && n != 4 {
		return nil, fmt.Errorf("%w: want 1, 3 or 4 components, got %d", ErrUnsupported, n)
	}
	if f.width == 0 || f.height == 0 || f.width > maxSize || f.height > maxSize {
		return nil, fmt.Errorf("want 1 to %d pixels wide and high, got %d×%d", maxSize, f.width, f.height)
	}
	if len(s) != 6+3*len(f.components) {
		return nil, fmt.Errorf("want %d bytes of frame header, got %d", 6+3*len(f.components), len(s))
	}
	for i := range f.components {
		t := s[6+3*i:]
		f.components[i] = component{id: t[0], h: int(t[1] >> 4), v: int(t[1] & 15), quantIndex: t[2]}
	}
	return f, f.layout()
}

// layout works out sizes from the sampling factors.
func (f *frame) layout() error {
	for _, c := range f.components {
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return fmt.Errorf("want sampling factors of 1 to 4, got %d×%d", c.h, c.v)
		}
		f.hMax = max(f.hMax, c.h)
		f.vMax = max(f.vMax, c.v)
	}
	f.mcuW = ceilDiv(f.width, 8*f.hMax)
	f.mcuH = ceilDiv(f.height, 8*f.vMax)
	for i := range f.components {
		c := &f.components[i]
		if f.hMax%c.h != 0 || f.vMax%c.v != 0 {
			return errors.New("unsupported: sampling factors are not multiples of each other")
		}
		c.w = ceilDiv(f.width*c.h, f.hMax)
		c.rows = ceilDiv(f.height*c.v, f.vMax)
		c.bw = ceilDiv(c.w, 8)
		c.bh = ceilDiv(c.rows, 8)
		c.bwMCU = f.mcuW * c.h
		for k := range c.bits {
			c.bits[k] = -1
		}
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
