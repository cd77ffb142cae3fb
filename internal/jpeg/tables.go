package jpeg

import (
	"encoding/binary"
	"fmt"
)

// zigzag is the place in a block, row by row, of the k-th coefficient of a file.
// Runs in damaged data lead up to 16 places past the end, all of which are the
// last place.
var zigzag = [64 + 16]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63,
	63, 63, 63, 63, 63, 63, 63, 63,
}

// tables are what segments between scans set.
type tables struct {
	quant   [4]*[64]uint16 // natural order
	codes   [8]*code       // DC 0 to 3, AC 0 to 3
	restart int            // MCUs between restart markers, 0: none
}

// readQuant reads a segment of quantisation tables.
func (t *tables) readQuant(s []byte) error {
	for len(s) > 0 {
		size, id := 1, s[0]&15
		if s[0]>>4 != 0 {
			size = 2
		}
		s = s[1:]
		if id > 3 || len(s) < 64*size {
			return fmt.Errorf("want quantisation table 0 to 3 and %d bytes, got table %d and %d bytes", 64*size, id, len(s))
		}
		q := new([64]uint16)
		for k := range q {
			if size == 2 {
				q[zigzag[k]] = binary.BigEndian.Uint16(s[2*k:])
			} else {
				q[zigzag[k]] = uint16(s[k])
			}
		}
		t.quant[id] = q
		s = s[64*size:]
	}
	return nil
}

// readHuffman reads a segment of Huffman codes.
func (t *tables) readHuffman(s []byte) error {
	for len(s) > 0 {
		if len(s) < 17 {
			return fmt.Errorf("want 17 bytes of Huffman code, got %d", len(s))
		}
		class, id := s[0]>>4, s[0]&15
		if class > 1 || id > 3 {
			return fmt.Errorf("want Huffman code 0 to 3 for DC or AC, got %#02x", s[0])
		}
		c := new(code)
		n := 0
		for i := range c.counts {
			c.counts[i] = s[1+i]
			n += int(s[1+i])
		}
		s = s[17:]
		if n > 256 || n > len(s) {
			return fmt.Errorf("want at most 256 Huffman codes, got %d in %d bytes", n, len(s))
		}
		copy(c.symbols[:], s[:n])
		t.codes[4*class+id] = c
		s = s[n:]
	}
	return nil
}

// dc and ac return the decoder of one code.
func (t *tables) dc(id byte) (*huffman, error) { return t.huffman(id, 0) }
func (t *tables) ac(id byte) (*huffman, error) { return t.huffman(id, 4) }

func (t *tables) huffman(id byte, class int) (*huffman, error) {
	if id > 3 || t.codes[class+int(id)] == nil {
		return nil, fmt.Errorf("want a Huffman code that was defined, got %d", id)
	}
	return t.codes[class+int(id)].decoder(class == 0)
}

// setStandard sets the codes that are missing to those of the standard's annex
// K.3, which Motion JPEG leaves out.
func (t *tables) setStandard() {
	for i, c := range [...]*code{0: &standardDC[0], 1: &standardDC[1], 4: &standardAC[0], 5: &standardAC[1]} {
		if c != nil && t.codes[i] == nil {
			t.codes[i] = &code{counts: c.counts, symbols: c.symbols}
		}
	}
}
