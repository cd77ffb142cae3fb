package jpeg

import "encoding/binary"

// bitReader reads the bits of entropy-coded data. Behind a marker, and behind the end
// of the file, there are zeros without end.
type bitReader struct {
	data []byte
	pos  int    // of the next byte to load; stays at a marker
	buf  uint64 // the next bits, from the top
	// n is how many bits of buf are counted as loaded. More can be there
	// already; loading them again changes nothing. It is negative by how many
	// zeros were read behind the end.
	n   int
	end bool // a marker or the end of the file is at pos
}

// fill loads bits if there are less than 32, so that there are 49 or more then,
// unless the data end.
func (r *bitReader) fill() {
	if r.n >= 32 {
		return
	}
	if w, ok := peek(r.data, r.pos); ok {
		r.buf |= w >> uint(r.n&63)
		r.pos += (63 - r.n) >> 3
		r.n |= 56
		return
	}
	r.fillBytes()
}

// peek returns the 8 bytes at pos if they can be loaded as they are: there is no
// marker and none of them is ff.
func peek(data []byte, pos int) (uint64, bool) {
	if pos+8 > len(data) {
		return 0, false
	}
	w := binary.BigEndian.Uint64(data[pos:])
	return w, !hasFF(w)
}

// hasFF tells whether one of the bytes is ff.
func hasFF(w uint64) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	return w&high&(^w-low) != 0
}

// fillBytes loads bytes that may be ff, which is followed by 00 in data.
func (r *bitReader) fillBytes() {
	for r.n <= 48 && !r.end {
		if r.pos >= len(r.data) {
			r.end = true
			return
		}
		c := r.data[r.pos]
		next := r.pos + 1
		if c == 0xff {
			for next < len(r.data) && r.data[next] == 0xff {
				next++
			}
			if next == len(r.data) || r.data[next] != 0 {
				r.end = true
				return
			}
			next++
		}
		r.pos = next
		r.buf |= uint64(c) << uint(56-r.n)
		r.n += 8
	}
}

// skip drops n bits.
func (r *bitReader) skip(n int) {
	r.buf <<= uint(n)
	r.n -= n
}

// bit and number read bits after fill. A number has at most 16 bits.
func (r *bitReader) bit() uint32 { return r.number(1) }

func (r *bitReader) number(n int) uint32 {
	v := uint32(r.buf >> 32 >> uint(32-n))
	r.skip(n)
	return v
}

// unread is how many whole bytes follow what was read.
func (r *bitReader) unread() int { return len(r.data) - r.pos + max(r.n, 0)/8 }

// reset drops what is left of the loaded bits.
func (r *bitReader) reset() { r.buf, r.n, r.end = 0, 0, false }
