package jpeg

import (
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// maxVisits bounds the work that a file of many scans can ask for: how often, on
// average, a block may be visited. Encoders make about 10 scans a component.
const maxVisits = 100

// decodeBuffered decodes a file of many scans, progressive or not: the
// coefficients of all scans are gathered, then made into samples.
func (d *decoder) decodeBuffered() ([]uint8, error) {
	f := d.frame
	blocks := 0
	shared := f.makeCoefs()
	for _, c := range f.components {
		blocks += len(c.nonzero)
	}
	if !f.progressive {
		d.tables.setStandard()
	}
	lastGood := 0
	for visits := 0; ; {
		s, err := d.newScan()
		if err != nil {
			return nil, err
		}
		if f.progressive {
			if err := d.scan.checkProgression(); err != nil {
				return nil, err
			}
			d.noteProgression()
		}
		for _, p := range s.planes {
			visits += s.mcuW * s.mcuH * p.mh * p.mv
		}
		if visits > maxVisits*blocks {
			return nil, fmt.Errorf("want scans that visit a block at most %d times on average, got scan %d that exceeds it", maxVisits, d.scans)
		}
		if lastGood, err = s.gather(f, d.scan); err != nil {
			return nil, err
		}
		d.pos = s.pos
		end, err := d.readMarkers()
		if err != nil {
			return nil, err
		}
		if end {
			break
		}
	}
	smooth := d.smoothing()
	var pix []uint8
	if len(shared) > 0 && !smooth { // which looks at the rows above
		pix = unsafe.Slice((*uint8)(unsafe.Pointer(&shared[0])), 3*f.width*f.height)
	} else {
		pix = make([]uint8, 3*f.width*f.height)
	}
	o := newOutput(f, d.color, d.loops, pix)
	last := make([]uint8, f.mcuW*f.hMax) // of a row of blocks
	for y := range f.mcuH {
		for i := range f.components {
			c := &f.components[i]
			for by := y * c.v; by < min((y+1)*c.v, c.bh); by++ {
				if smooth {
					o.transform(i, by, c.smoothRow(by, y <= lastGood, f), nil)
				} else {
					for x, places := range c.nonzero[by*c.bwMCU:][:c.bw] {
						last[x] = uint8(63 - bits.LeadingZeros64(places|1))
					}
					o.transform(i, by, c.coefs[by*c.pitch:][:c.bw], last[:c.bw])
				}
			}
		}
		o.write(y + 1)
	}
	return o.pix, nil
}

// gather adds the coefficients of one scan to those of the components. It
// returns the last row of the picture's MCUs for which there were data.
func (s *scan) gather(f *frame, h scanHeader) (lastGood int, err error) {
	decode := s.blockFunc(f, h)
	for y := range f.mcuH {
		first, last := s.rowsOf(y)
		for row := first; row < last; row++ {
			for x := range s.mcuW {
				if !s.short {
					lastGood = y
				} else if s.interval == 0 {
					return lastGood, nil
				}
				data, err := s.begin()
				if err != nil {
					return 0, err
				}
				if !data {
					continue
				}
				if len(s.planes) == 1 {
					p := &s.planes[0]
					err = decode(p, p.coefBlock(x, row), &p.nonzero[row*p.bwMCU+x])
				} else {
					err = s.interleaved(decode, x, row)
				}
				if err != nil {
					return 0, err
				}
				if err := s.finish(); err != nil {
					return 0, err
				}
			}
		}
	}
	return lastGood, nil
}

// interleaved decodes the blocks of all components in the MCU at x, y.
func (s *scan) interleaved(decode blockFunc, x, y int) error {
	for i := range s.planes {
		p := &s.planes[i]
		for by := y * p.mv; by < (y+1)*p.mv; by++ {
			for bx := x * p.mh; bx < (x+1)*p.mh; bx++ {
				if err := decode(p, p.coefBlock(bx, by), &p.nonzero[by*p.bwMCU+bx]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// blockFunc decodes a block of a scan and keeps the places of its coefficients.
type blockFunc func(p *scanPlane, b *pixel.Block, nonzero *uint64) error

// blockFunc returns what decodes the blocks of the scan.
func (s *scan) blockFunc(f *frame, h scanHeader) blockFunc {
	switch {
	case !f.progressive:
		return func(p *scanPlane, b *pixel.Block, nonzero *uint64) error {
			*nonzero |= 1 << s.block(p, b)
			return nil
		}
	case h.start == 0 && h.high == 0:
		return func(p *scanPlane, b *pixel.Block, _ *uint64) error { return s.firstDC(p, b, h.low) }
	case h.start == 0:
		return func(_ *scanPlane, b *pixel.Block, _ *uint64) error { s.refineDC(b, h.low); return nil }
	case h.high == 0:
		return func(p *scanPlane, b *pixel.Block, nonzero *uint64) error {
			s.firstAC(p.ac, b, nonzero, h.start, h.end, h.low)
			return nil
		}
	}
	return func(p *scanPlane, b *pixel.Block, nonzero *uint64) error {
		s.refineAC(p.ac, b, nonzero, h.start, h.end, h.low)
		return nil
	}
}

// coefBlock is the block at column bx, row by.
func (c *component) coefBlock(bx, by int) *pixel.Block { return &c.coefs[by*c.pitch+bx] }

// makeCoefs makes room for the coefficients of all components. If the first two of
// three or four are in full size they share memory, row by row, and the picture
// takes their place: before a row of blocks of both, 256 bytes a block, there is room for as
// many rows of pixels, 192 bytes a block, as were made of the rows above.
func (f *frame) makeCoefs() (shared []pixel.Block) {
	for i := range f.components {
		c := &f.components[i]
		n := c.bwMCU * f.mcuH * c.v
		c.nonzero = make([]uint64, n)
		c.pitch = c.bwMCU
		switch {
		case !f.fullChroma() || i > 1:
			c.coefs = make([]pixel.Block, n)
		case i == 0:
			shared = make([]pixel.Block, 2*n)
			c.coefs, c.pitch = shared, 2*c.bwMCU
		default:
			c.coefs, c.pitch = shared[c.bwMCU:], 2*c.bwMCU
		}
	}
	return shared
}

// fullChroma tells whether there are several planes, the first two in full size.
func (f *frame) fullChroma() bool {
	if len(f.components) < 3 {
		return false
	}
	a, b := &f.components[0], &f.components[1]
	return a.h == f.hMax && b.h == f.hMax && a.v == f.vMax && b.v == f.vMax
}
