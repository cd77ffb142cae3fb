package jpeg

import "errors"

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
	o := newOutput(d.frame, d.color)
	if d.options.Concurrent && d.frame.mcuH > 1 {
		err = s.decodeConcurrently(o, d.frame.mcuH)
	} else {
		err = s.decodeRows(o, d.frame.mcuH)
	}
	if err != nil {
		return nil, err
	}
	d.pos = s.pos
	if !s.atMarker() && s.unread() >= readAhead {
		return o.pix, nil
	}
	end, err := d.readMarkers()
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
	failed := make(chan error, 1)
	go func() {
		var err error
		for y := 0; y < rows && err == nil; y++ {
			t := <-empty
			err = s.fillStrip(t, y)
			full <- t
		}
		failed <- err
		close(full)
	}()
	for t := range full {
		o.addStrip(t)
		empty <- t
	}
	return <-failed
}

// block decodes one block: coefficients times quantisation table, in 16 bits,
// added to dst in natural order. It returns which are not 0, bit i for place i,
// and the sum of their magnitudes.
func (s *scan) block(p *scanPlane, dst *[64]int16) (used uint64, sum int32) {
	quant, look := p.quant, &p.ac.look
	p.pred += s.difference(p.dc)
	v := int16(p.pred) * int16(quant[0])
	dst[0] = v
	used, sum = 1, abs(v)

	buf, n := s.buf, s.n
	for k := 1; k < 64; k++ {
		if n < 32 {
			if w, ok := s.peek(); ok {
				buf |= w >> uint(n&63)
				s.pos += (63 - n) >> 3
				n |= 56
			} else {
				s.buf, s.n = buf, n
				s.fillBytes()
				buf, n = s.buf, s.n
			}
		}
		e := look[buf>>(64-lookBits)]
		length, run, value := int(e&63), int(e>>8&15), e>>16
		if value == 0 {
			size := int(e >> 12 & 15)
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
				k += 15
				continue
			}
			value = extend(uint32(buf<<uint(length&63)>>32>>uint(32-size)), size)
			length += size
		}
		buf <<= uint(length & 63)
		n -= length
		k += run
		z := zigzag[k] & 63
		v := int16(value) * int16(quant[z])
		dst[z] = v
		used |= 1 << z
		sum += abs(v)
	}
	s.buf, s.n = buf, n
	return used, sum
}

// difference decodes the difference of a DC coefficient from the last one.
func (s *scan) difference(h *huffman) int32 {
	s.fill()
	e := h.look[s.buf>>(64-lookBits)]
	if v := e >> 16; v != 0 {
		s.skip(int(e & 63))
		return v
	}
	size, length := int(e>>12&15), int(e&63)
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

func abs(v int16) int32 {
	m := int32(v) >> 31
	return (int32(v) ^ m) - m
}
