package jpeg

import (
	"errors"
	"fmt"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// checkProgression fails for scans that the standard does not know.
func (h scanHeader) checkProgression() error {
	bad := h.start > h.end || h.end > 63 || h.low > 13 || h.high != 0 && h.low != h.high-1
	if h.start == 0 {
		bad = bad || h.end != 0
	} else {
		bad = bad || len(h.components) != 1
	}
	if bad {
		return fmt.Errorf("want a progressive scan, got coefficients %d to %d, bits %d to %d of %d components", h.start, h.end, h.high, h.low, len(h.components))
	}
	return nil
}

// noteProgression keeps which bits of the coefficients are known now and were
// before, for block smoothing.
func (d *decoder) noteProgression() {
	h := d.scan
	for _, sc := range h.components {
		c := &d.frame.components[sc.index]
		for k := min(h.start, 1); k <= max(h.end, 9); k++ {
			c.bitsBefore[k] = 0
			if d.scans > 1 {
				c.bitsBefore[k] = c.bits[k]
			}
		}
		for k := h.start; k <= h.end; k++ {
			c.bits[k] = int8(h.low)
		}
	}
}

// firstDC reads the upper bits of a DC coefficient.
func (s *scan) firstDC(p *scanPlane, b *pixel.Block, low int) error {
	size := int(s.symbol(p.dc))
	if size > 0 {
		v := int64(p.pred) + int64(extend(s.number(size), size))
		if v != int64(int32(v)) {
			return errors.New("want DC coefficients of 32 bits, got more")
		}
		p.pred = int32(v)
	}
	b[0] = int16(p.pred << low)
	return nil
}

// refineDC reads one more bit of a DC coefficient.
func (s *scan) refineDC(b *pixel.Block, low int) {
	s.fill()
	if s.bit() != 0 {
		b[0] |= 1 << low
	}
}

// firstAC reads the upper bits of a block's AC coefficients.
func (s *scan) firstAC(p *scanPlane, b *pixel.Block, last *uint8, h scanHeader) {
	if s.eobRun > 0 {
		s.eobRun--
		return
	}
	for k := h.start; k <= h.end; k++ {
		s.fill()
		if e := p.ac.look[s.buf>>(64-lookBits)]; e>>16 != 0 {
			s.skip(int(e & 63))
			k += int(e >> 12 & 15)
			b[pixel.Zigzag[k]] = int16(e >> 16 << h.low)
			*last = max(*last, uint8(min(k, 63)))
			continue
		}
		symbol := s.symbol(p.ac)
		run, size := int(symbol>>4), int(symbol&15)
		switch {
		case size > 0:
			k += run
			b[pixel.Zigzag[k]] = int16(extend(s.number(size), size) << h.low)
			*last = max(*last, uint8(min(k, 63)))
		case run == 15:
			k += 15
		default:
			s.eobRun = s.endOfBlocks(run) - 1
			return
		}
	}
}

// endOfBlocks reads how many blocks, this one included, have no more
// coefficients.
func (s *scan) endOfBlocks(bits int) int {
	n := 1 << bits
	if bits > 0 {
		n += int(s.number(bits))
	}
	return n
}

// refineAC reads one more bit of a block's AC coefficients: of those that are
// not 0, and which others are ±1 at this bit.
func (s *scan) refineAC(p *scanPlane, b *pixel.Block, last *uint8, h scanHeader) {
	k := h.start
	if s.eobRun == 0 {
		for ; k <= h.end; k++ {
			symbol := s.symbol(p.ac)
			run, size := int(symbol>>4), int(symbol&15)
			var v int16
			if size > 0 {
				v = -1 << h.low
				if s.bit() != 0 {
					v = 1 << h.low
				}
			} else if run < 15 {
				s.eobRun = s.endOfBlocks(run)
				break
			}
			k = s.refineRun(b, k, int(*last), h, run)
			if v != 0 {
				b[pixel.Zigzag[k]] = v
				*last = max(*last, uint8(min(k, 63)))
			}
		}
	}
	if s.eobRun > 0 {
		s.refineRun(b, k, int(*last), h, 64)
		s.eobRun--
	}
}

// refineRun refines the coefficients from k that are not 0, up to the 0 that
// comes after run others or to the end of the scan's band. It returns the place
// where it stopped. Behind the last place there are only zeros.
func (s *scan) refineRun(b *pixel.Block, k, last int, h scanHeader, run int) int {
	for end := min(h.end, last); k <= end; k++ {
		c := &b[pixel.Zigzag[k]&63]
		if *c == 0 {
			if run == 0 {
				return k
			}
			run--
			continue
		}
		s.fill()
		if s.bit() == 0 || *c&(1<<h.low) != 0 {
			continue
		}
		if *c > 0 {
			*c += 1 << h.low
		} else {
			*c -= 1 << h.low
		}
	}
	return min(k+run, h.end+1)
}
