package jpeg

import (
	"errors"
	"fmt"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// readAhead is how many bytes libjpeg wants beyond the ones it uses. If a file
// has them after the last block, Pillow does not ask for an end marker.
const readAhead = 8

// decodeSequential decodes a file with one scan, row of MCUs by row of MCUs.
func (d *decoder) decodeSequential() ([]uint8, error) {
	d.tables.setStandard()
	s, err := d.newScan()
	if err != nil {
		return nil, err
	}
	o := newOutput(d.frame, d.color, d.loops, make([]uint8, 3*d.frame.width*d.frame.height))
	if d.options.Concurrent && d.frame.mcuH > 1 {
		err = s.decodeConcurrently(o, d.frame.mcuH)
	} else {
		err = s.decodeRows(o, d.frame.mcuH)
	}
	if err != nil {
		return nil, err
	}
	d.pos = s.pos
	marker := s.atMarker()
	if !marker && s.unread() >= readAhead {
		return o.pix, nil
	}
	end, err := d.readMarkers()
	if marker && errors.Is(err, ErrTruncated) { // Pillow needs no more than all pixels
		return o.pix, nil
	}
	if err != nil {
		return nil, err
	}
	if !end {
		return nil, errors.New("want the end marker after a scan of all components, got another scan")
	}
	return o.pix, nil
}

func (s *scan) decodeRows(o *output, rows int) error {
	t := s.newStrip()
	for y := range rows {
		if err := s.fillStrip(t, y); err != nil {
			return err
		}
		o.addStrip(t)
	}
	return nil
}

// decodeConcurrently reads rows in one goroutine and makes pixels of them in
// another.
func (s *scan) decodeConcurrently(o *output, rows int) error {
	const strips = 4
	empty, full := make(chan *strip, strips), make(chan *strip, strips)
	for range strips {
		empty <- s.newStrip()
	}
	defer close(empty)
	failed := make(chan error, 1)
	go func() {
		defer close(full)
		defer func() {
			if r := recover(); r != nil {
				failed <- fmt.Errorf("the decoder failed: %v", r)
			}
		}()
		for y := range rows {
			t, ok := <-empty
			if !ok { // the other goroutine has ended in a panic
				return
			}
			if err := s.fillStrip(t, y); err != nil {
				failed <- err
				return
			}
			full <- t
		}
		failed <- nil
	}()
	for t := range full {
		o.addStrip(t)
		empty <- t
	}
	return <-failed
}

// block decodes one block of zeros into its coefficients. It returns which of them
// was the last one, in the order of the file.
func (s *scan) block(p *scanPlane, dst *pixel.Block) (last uint8) {
	look := &p.ac.look
	p.pred += s.difference(p.dc)
	dst[0] = int16(p.pred)
	data, pos, buf, n := s.data, s.pos, s.buf, s.n
	for k := 1; k < 64; {
		// Always, since a branch would be mispredicted. It leaves 49 bits or more.
		if w, ok := peek(data, pos); ok {
			buf |= w >> uint(n&63)
			pos += (63 - n) >> 3
			n |= 56
		} else {
			s.pos, s.buf, s.n = pos, buf, n
			s.fillBytes()
			pos, buf, n = s.pos, s.buf, s.n
		}
		e := look[buf>>(64-lookBits)]
		if e>>16 != 0 {
			buf <<= uint(e & 63)
			n -= int(e & 63)
			k += int(e >> 12 & 15)
			dst[pixel.Zigzag[k]&63] = int16(e >> 16)
			last = uint8(k)
			k++
			if k >= 64 {
				break
			}
			e = look[buf>>(64-lookBits)]
		}
		length, run, value := int(e&63), int(e>>12&15), e>>16
		if value == 0 {
			size := int(e >> 8 & 15)
			if e == 0 {
				var symbol uint8
				symbol, length = p.ac.long(buf)
				run, size = int(symbol>>4), int(symbol&15)
			}
			if size == 0 {
				buf <<= uint(length & 63)
				n -= length
				if run < 15 {
					break
				}
				k += 16
				continue
			}
			value = extend(uint32(buf<<uint(length&63)>>32>>uint(32-size)), size)
			length += size
		}
		buf <<= uint(length & 63)
		n -= length
		k += run
		dst[pixel.Zigzag[k]&63] = int16(value)
		last = uint8(k)
		k++
	}
	s.pos, s.buf, s.n = pos, buf, n
	return min(last, 63)
}

// difference decodes the difference of a DC coefficient from the last one.
func (s *scan) difference(h *huffman) int32 {
	s.fill()
	e := h.look[s.buf>>(64-lookBits)]
	if v := e >> 16; v != 0 {
		s.skip(int(e & 63))
		return v
	}
	size, length := int(e>>8&15), int(e&63)
	if e == 0 {
		var symbol uint8
		symbol, length = h.long(s.buf)
		size = int(symbol & 15)
	}
	s.skip(length)
	if size == 0 {
		return 0
	}
	return extend(s.number(size), size)
}
