package jpeg

import "errors"

// decodeSequential decodes a file with one scan, row of MCUs by row of MCUs.
func (d *decoder) decodeSequential() ([]uint8, error) {
	d.tables.setStandard()
	s, err := d.newScan()
	if err != nil {
		return nil, err
	}
	o := newOutput(d.frame, d.color)
	// The planes of the picture in the order of the scan.
	order := make([]*plane, len(s.planes))
	for i, c := range d.scan.components {
		order[i] = &o.planes[c.index]
	}
	for y := range d.frame.mcuH {
		if err := s.sequentialRow(order, y); err != nil {
			return nil, err
		}
		o.write(y + 1)
	}
	d.pos = s.pos
	end, err := d.readMarkers()
	if err != nil {
		return nil, err
	}
	if !end {
		return nil, errors.New("want the end marker after a scan of all components, got another scan")
	}
	return o.pix, nil
}

// sequentialRow decodes the blocks of the picture's row y of MCUs into samples.
// A scan of one component has as many rows of blocks as the component's
// vertical sampling factor says.
func (s *scan) sequentialRow(planes []*plane, y int) error {
	var block [64]int16
	first, last := s.rowsOf(y)
	for row := first; row < last; row++ {
		for x := range s.mcuW {
			data, err := s.begin()
			if err != nil {
				return err
			}
			for i := range s.planes {
				p := &s.planes[i]
				for b := range p.mh * p.mv {
					dst := planes[i].block(x*p.mh+b%p.mh, row*p.mv+b/p.mh)
					if !data {
						fillBlock(dst, planes[i].stride, 128)
						continue
					}
					used, sum := s.block(p, &block)
					inverseDCT(&block, used, sum, dst, planes[i].stride)
					clear(block[:])
				}
			}
			if data {
				if err := s.finish(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// rowsOf are the rows of the scan's MCUs, from first to before last, that belong
// to the picture's row y of MCUs.
func (s *scan) rowsOf(y int) (first, last int) {
	if len(s.planes) > 1 {
		return y, y + 1
	}
	v := s.planes[0].v
	return y * v, min(y*v+v, s.mcuH)
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
