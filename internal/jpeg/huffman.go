package jpeg

import "errors"

// code is a Huffman code as a file defines it.
type code struct {
	counts  [16]uint8 // codes of 1 to 16 bits
	symbols [256]uint8
	table   *huffman // made when a scan first uses the code
	spare   *huffman // memory for it
}

// lookBits is how many bits are looked up at once.
const lookBits = 10

// huffman decodes one code. Symbols are run << 4 | size: so many zeros come
// before a number of size bits (DC has no run).
type huffman struct {
	// look is indexed by the next bits of the data. Its elements are
	//
	//	value << 16 | run << 12 | size << 8 | length
	//
	// where length is how many bits are used up. If the number lies within the
	// bits that were looked up, it is the value, which is never 0, and length
	// includes its size. Otherwise value is 0 and size bits follow. Element 0
	// stands for codes that are longer or undefined.
	look [1 << lookBits]int32
	// For each length of codes: the largest, −1 if there is none, and what to
	// add to a code for the index of its symbol.
	maxCode [18]int32
	offset  [17]int32
	symbols [256]uint8
}

func (c *code) decoder(dc bool) (*huffman, error) {
	if c.table != nil {
		return c.table, nil
	}
	h := c.spare
	if h == nil {
		h = new(huffman)
	}
	*h = huffman{symbols: c.symbols}
	next, i := int32(0), 0 // code and index of its symbol
	for l := 1; l <= 16; l++ {
		n := int(c.counts[l-1])
		h.maxCode[l] = -1
		if n > 0 {
			h.offset[l] = int32(i) - next
			if int(next)+n > 1<<l {
				return nil, errors.New("want a Huffman code, got more codes than fit")
			}
			for range n {
				if dc && c.symbols[i] > 15 {
					return nil, errors.New("want DC symbols of at most 15 bits, got more")
				}
				h.fill(uint32(next), l, int32(c.symbols[i]))
				next++
				i++
			}
			h.maxCode[l] = next - 1
		}
		next <<= 1
	}
	h.maxCode[17] = 1<<31 - 1
	c.table = h
	return h, nil
}

// fill sets the elements of look that begin with a code of l bits.
func (h *huffman) fill(code uint32, l int, symbol int32) {
	if l > lookBits {
		return
	}
	size := int(symbol & 15)
	rest := lookBits - l
	for i := range int32(1) << rest {
		e := symbol<<8 | int32(l)
		if size > 0 && size <= rest {
			v := extend(uint32(i)>>(rest-size), size)
			e += v<<16 + int32(size)
		}
		h.look[int32(code<<rest)+i] = e
	}
}

// extend is the number that size bits stand for.
func extend(v uint32, size int) int32 {
	if v>>(size-1) == 0 {
		return int32(v) - 1<<size + 1
	}
	return int32(v)
}

// long decodes the symbol at the top of buf by comparing with the codes of each
// length, and returns how many bits it took. If none fits, which damaged data
// can cause, 17 bits are symbol 0, as in libjpeg.
func (h *huffman) long(buf uint64) (symbol uint8, length int) {
	for l := 1; l <= 16; l++ {
		if code := int32(buf >> (64 - l)); code <= h.maxCode[l] {
			return h.symbols[uint8(code+h.offset[l])], l
		}
	}
	return 0, 17
}
