package jpeg

import (
	"errors"
	"fmt"
	"math/bits"

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
	v := int64(p.pred) + int64(s.difference(p.dc))
	if v != int64(int32(v)) {
		return errors.New("want DC coefficients of 32 bits, got more")
	}
	p.pred = int32(v)
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

// firstAC reads the upper bits of a block's AC coefficients, and notes in nonzero
// which places of the file's order have one.
func (s *scan) firstAC(h *huffman, b *pixel.Block, nonzero *uint64, start, end, low int) {
	if s.eobRun > 0 {
		s.eobRun--
		return
	}
	data, pos, buf, n := s.data, s.pos, s.buf, s.n
	set := *nonzero
	for k := start; k <= end; k++ {
		// As in block.
		if w, ok := peek(data, pos); ok {
			buf |= w >> uint(n&63)
			pos += (63 - n) >> 3
			n |= 56
		} else {
			s.pos, s.buf, s.n = pos, buf, n
			s.fillBytes()
			pos, buf, n = s.pos, s.buf, s.n
		}
		e := h.look[buf>>(64-lookBits)]
		length, run, value := int(e&63), int(e>>12&15), e>>16
		if value == 0 {
			size := int(e >> 8 & 15)
			if e == 0 {
				var symbol uint8
				symbol, length = h.long(buf)
				run, size = int(symbol>>4), int(symbol&15)
			}
			buf <<= uint(length & 63)
			n -= length
			if size == 0 {
				if run == 15 {
					k += 15
					continue
				}
				s.eobRun = 1<<run - 1 + int(buf>>32>>uint(32-run))
				buf <<= uint(run)
				n -= run
				break
			}
			value = extend(uint32(buf>>32>>uint(32-size)), size)
			length = size
		}
		buf <<= uint(length & 63)
		n -= length
		k += run
		v := int16(value << low)
		b[pixel.Zigzag[k]] = v
		place := uint64(1) << min(k, 63)
		set |= place
		if v == 0 { // too large, in damaged data
			set &^= place
		}
	}
	s.pos, s.buf, s.n = pos, buf, n
	*nonzero = set
}

// refineAC reads one more bit of a block's AC coefficients: of those that are
// not 0, and which others are ±1 at this bit.
func (s *scan) refineAC(h *huffman, b *pixel.Block, nonzero *uint64, start, end, low int) {
	set := *nonzero
	rest := ^uint64(0) >> (63 - end) &^ (1<<start - 1) // places to come
	if s.eobRun == 0 {
		rest, set = s.refineRuns(h, b, rest, set, low)
		*nonzero = set
	}
	if s.eobRun > 0 {
		s.eobRun--
		s.refine(b, rest&set, low)
	}
}

// refineRuns refines the places in rest, of which those in set are not 0, up to the
// end of the block. It returns what is left of rest then, and set with the new places.
func (s *scan) refineRuns(h *huffman, b *pixel.Block, rest, set uint64, low int) (uint64, uint64) {
	data, pos, buf, n := s.data, s.pos, s.buf, s.n
	end := bits.Len64(rest)
	for rest != 0 {
		// As in block.
		if w, ok := peek(data, pos); ok {
			buf |= w >> uint(n&63)
			pos += (63 - n) >> 3
			n |= 56
		} else {
			s.pos, s.buf, s.n = pos, buf, n
			s.fillBytes()
			pos, buf, n = s.pos, s.buf, s.n
		}
		e := h.look[buf>>(64-lookBits)]
		length, run, size := int(e&63), int(e>>12&15), int(e>>8&15)
		if e>>16 != 0 {
			length -= size
		}
		if e == 0 {
			var symbol uint8
			symbol, length = h.long(buf)
			run, size = int(symbol>>4), int(symbol&15)
		}
		buf <<= uint(length & 63)
		n -= length
		var v int16
		if size > 0 {
			v = -(int16(int64(buf)>>63|1) << low)
			buf <<= 1
			n--
		} else if run < 15 {
			s.eobRun = 1<<run + int(buf>>32>>uint(32-run))
			buf <<= uint(run)
			n -= run
			break
		}
		// Refined are the places up to the zero that comes after run others.
		zeros := rest &^ set
		for ; run > 0; run-- {
			zeros &= zeros - 1
		}
		k := end
		if zeros != 0 {
			k = bits.TrailingZeros64(zeros)
		}
		through := uint64(2)<<uint(k) - 1
		places := rest & set & through
		rest &^= through
		if count := bits.OnesCount64(places); count > 31 { // more than are loaded
			s.pos, s.buf, s.n = pos, buf, n
			s.refine(b, places, low)
			pos, buf, n = s.pos, s.buf, s.n
		} else {
			n -= count
			for ; places != 0; places &= places - 1 {
				away(&b[pixel.Zigzag[bits.TrailingZeros64(places)&63]&63], int16(buf>>63)<<low)
				buf <<= 1
			}
		}
		if v != 0 {
			b[pixel.Zigzag[k]&63] = v
			set |= 1 << min(k, 63)
		}
	}
	s.pos, s.buf, s.n = pos, buf, n
	return rest, set
}

// refine reads one more bit of the coefficients at some places.
func (s *scan) refine(b *pixel.Block, places uint64, low int) {
	for places != 0 {
		s.fill()
		n := min(bits.OnesCount64(places), 32)
		read := s.number(n) << (32 - n)
		for range n {
			away(&b[pixel.Zigzag[bits.TrailingZeros64(places)&63]&63], int16(read>>31)<<low)
			places &= places - 1
			read <<= 1
		}
	}
}

// away moves a coefficient away from 0 by a bit, unless it has that bit already,
// in damaged data.
func away(c *int16, bit int16) {
	sign := *c >> 15
	*c += bit&^*c ^ sign - sign
}
