package photo

import (
	"errors"
	"fmt"
)

// gifCodes undoes GIF's LZW: codes of 3 to 12 bits, low bits first, in blocks of
// up to 255 bytes.
type gifCodes struct {
	blocks gifReader
	block  []byte // what is left of the present one
	bits   uint32
	have   uint // bits in bits

	clear  int // the code that empties the table; the next one ends the data
	next   int // free entry
	width  uint
	last   int // the code before, -1 after a clear
	first  uint8
	suffix [4096]uint8
	prefix [4096]uint16
	stack  [4097]uint8 // a string, from its end to its begin
	unread []uint8     // the part of stack that is not handed out
}

var errGIFCode = errors.New("a code that can't be")

func newGIFCodes(data []byte) (*gifCodes, error) {
	c := &gifCodes{blocks: gifReader{rest: data}}
	size := uint(c.blocks.take(1)[0])
	if size > 11 {
		return nil, fmt.Errorf("code size: want at most 11, got %d", size)
	}
	c.clear = 1 << size
	c.reset()
	return c, c.blocks.err
}

func (c *gifCodes) reset() {
	c.next, c.last, c.width = c.clear+2, -1, 1
	for 1<<(c.width-1) < c.clear {
		c.width++
	}
}

// read fills dst with indices and returns how many there were before an error.
func (c *gifCodes) read(dst []uint8) (int, error) {
	n := 0
	for {
		k := copy(dst[n:], c.unread)
		c.unread = c.unread[k:]
		if n += k; n == len(dst) {
			return n, nil
		}
		if err := c.expand(); err != nil {
			return n, err
		}
	}
}

// expand reads codes until there is a string.
func (c *gifCodes) expand() error {
	for {
		code, err := c.code()
		switch {
		case err != nil:
			return err
		case code == c.clear:
			c.reset()
			continue
		case code == c.clear+1:
			return ErrTruncated // the end before the last pixel
		case c.last < 0:
			if code > c.clear {
				return errGIFCode
			}
			c.first, c.last = uint8(code), code
			c.stack[0] = c.first
			c.unread = c.stack[:1]
			return nil
		case code > c.next:
			return errGIFCode
		}
		return c.string(code)
	}
}

// string looks a code up and adds an entry to the table.
func (c *gifCodes) string(code int) error {
	at, i := len(c.stack), code
	if code == c.next { // the entry that is about to be made
		if code >= len(c.suffix) {
			return errGIFCode
		}
		at--
		c.stack[at] = c.first
		i = c.last
	}
	for i >= c.clear {
		if at <= 1 {
			return errGIFCode
		}
		at--
		c.stack[at] = c.suffix[i]
		i = int(c.prefix[i])
	}
	c.first = uint8(i)
	at--
	c.stack[at] = c.first
	if c.next < len(c.suffix) {
		c.suffix[c.next], c.prefix[c.next] = c.first, uint16(c.last)
		if c.next == 1<<c.width-1 && c.width < 12 {
			c.width++
		}
		c.next++
	}
	c.last = code
	c.unread = c.stack[at:]
	return nil
}

func (c *gifCodes) code() (int, error) {
	for c.have < c.width {
		if len(c.block) == 0 {
			if c.block = c.blocks.block(); len(c.block) == 0 || c.blocks.err != nil {
				return 0, ErrTruncated
			}
		}
		c.bits |= uint32(c.block[0]) << c.have
		c.block = c.block[1:]
		c.have += 8
	}
	code := int(c.bits & (1<<c.width - 1))
	c.bits >>= c.width
	c.have -= c.width
	return code, nil
}
