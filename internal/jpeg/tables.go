package jpeg

import (
	"cmp"
	"encoding/binary"
	"fmt"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// tables are what segments between scans set.
type tables struct {
	quant   [4]*[64]uint16 // in the order of a pixel.Block
	codes   [8]*code       // DC 0 to 3, AC 0 to 3
	restart int            // MCUs between restart markers, 0: none
}

// readQuant reads a segment of quantisation tables. It has n bytes, of which the
// file may lack some; then what is there is checked, and the error ErrTruncated.
func (t *tables) readQuant(s []byte, n int) error {
	cut := len(s) < n
	for len(s) > 0 {
		size, id := 1, s[0]&15
		if s[0]>>4 != 0 {
			size = 2
		}
		s = s[1:]
		if cut && id <= 3 && len(s) < 64*size {
			return ErrTruncated
		}
		if id > 3 || len(s) < 64*size {
			return fmt.Errorf("want quantisation table 0 to 3 and %d bytes, got table %d and %d bytes", 64*size, id, len(s))
		}
		q := new([64]uint16)
		for k := range q {
			if size == 2 {
				q[pixel.Zigzag[k]] = binary.BigEndian.Uint16(s[2*k:])
			} else {
				q[pixel.Zigzag[k]] = uint16(s[k])
			}
		}
		t.quant[id] = q
		s = s[64*size:]
	}
	if cut {
		return ErrTruncated
	}
	return nil
}

// readHuffman reads a segment of Huffman codes, as readQuant does.
func (t *tables) readHuffman(s []byte, n int) error {
	for n > 0 {
		if n < 17 {
			return fmt.Errorf("want 17 bytes of Huffman code, got %d", n)
		}
		if len(s) < 17 {
			return ErrTruncated
		}
		index := s[0]
		c := new(code)
		symbols := 0
		for i := range c.counts {
			c.counts[i] = s[1+i]
			symbols += int(s[1+i])
		}
		s, n = s[17:], n-17
		if symbols > 256 || symbols > n {
			return fmt.Errorf("want at most 256 Huffman codes, got %d in %d bytes", symbols, n)
		}
		if len(s) < symbols {
			return ErrTruncated
		}
		class, id := index>>4, index&15
		if class > 1 || id > 3 {
			return fmt.Errorf("want Huffman code 0 to 3 for DC or AC, got %#02x", index)
		}
		copy(c.symbols[:], s[:symbols])
		if old := t.codes[4*class+id]; old != nil { // of a scan that has ended
			c.spare = cmp.Or(old.table, old.spare)
		}
		t.codes[4*class+id] = c
		s, n = s[symbols:], n-symbols
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
