package jpeg

import "fmt"

// maxVisits bounds the work that a file of many scans can ask for: how often, on
// average, a block may be visited. Encoders make about 10 scans a component.
const maxVisits = 100

// decodeBuffered decodes a file of many scans, progressive or not: the
// coefficients of all scans are gathered, then made into samples.
func (d *decoder) decodeBuffered() ([]uint8, error) {
	f := d.frame
	blocks := 0
	for i := range f.components {
		c := &f.components[i]
		n := c.bwMCU * f.mcuH * c.v
		c.coefs = make([]int16, 64*n)
		blocks += n
	}
	if !f.progressive {
		d.tables.setStandard()
	}
	lastGood := 0
	for visits := 0; ; {
		s, err := d.newScan()
		if err != nil {
			return nil, err
		}
		if f.progressive {
			if err := d.scan.checkProgression(); err != nil {
				return nil, err
			}
			d.noteProgression()
		}
		for _, p := range s.planes {
			visits += s.mcuW * s.mcuH * p.mh * p.mv
		}
		if visits > maxVisits*blocks {
			return nil, fmt.Errorf("want scans that visit a block at most %d times on average, got scan %d that exceeds it", maxVisits, d.scans)
		}
		if lastGood, err = s.gather(f, d.scan); err != nil {
			return nil, err
		}
		d.pos = s.pos
		end, err := d.readMarkers()
		if err != nil {
			return nil, err
		}
		if end {
			break
		}
	}
	o := newOutput(f, d.color)
	smooth := d.smoothing()
	for y := range f.mcuH {
		for i := range f.components {
			c := &f.components[i]
			if smooth {
				c.smoothRow(&o.planes[i], y, y <= lastGood, f)
			} else {
				c.plainRow(&o.planes[i], y)
			}
		}
		o.write(y + 1)
	}
	return o.pix, nil
}

// gather adds the coefficients of one scan to those of the components. It
// returns the last row of the picture's MCUs for which there were data.
func (s *scan) gather(f *frame, h scanHeader) (lastGood int, err error) {
	decode := s.blockFunc(f, h)
	for y := range f.mcuH {
		first, last := s.rowsOf(y)
		for row := first; row < last; row++ {
			for x := range s.mcuW {
				if !s.short {
					lastGood = y
				} else if s.interval == 0 {
					return lastGood, nil
				}
				data, err := s.begin()
				if err != nil {
					return 0, err
				}
				if !data {
					continue
				}
				for i := range s.planes {
					p := &s.planes[i]
					for b := range p.mh * p.mv {
						if err := decode(p, p.coefBlock(x*p.mh+b%p.mh, row*p.mv+b/p.mh)); err != nil {
							return 0, err
						}
					}
				}
				if err := s.finish(); err != nil {
					return 0, err
				}
			}
		}
	}
	return lastGood, nil
}

// blockFunc returns what decodes a block of the scan.
func (s *scan) blockFunc(f *frame, h scanHeader) func(*scanPlane, *[64]int16) error {
	switch {
	case !f.progressive:
		ones := new([64]uint16)
		for i := range ones {
			ones[i] = 1
		}
		for i := range s.planes {
			s.planes[i].quant = ones
		}
		return func(p *scanPlane, b *[64]int16) error {
			s.block(p, b)
			return nil
		}
	case h.start == 0 && h.high == 0:
		return func(p *scanPlane, b *[64]int16) error { return s.firstDC(p, b, h.low) }
	case h.start == 0:
		return func(p *scanPlane, b *[64]int16) error { s.refineDC(b, h.low); return nil }
	case h.high == 0:
		return func(p *scanPlane, b *[64]int16) error { s.firstAC(p, b, h); return nil }
	}
	return func(p *scanPlane, b *[64]int16) error { s.refineAC(p, b, h); return nil }
}

// coefBlock is the block at column bx, row by.
func (c *component) coefBlock(bx, by int) *[64]int16 {
	return (*[64]int16)(c.coefs[64*(by*c.bwMCU+bx):])
}

// plainRow makes the samples of the component that belong to row y of MCUs.
func (c *component) plainRow(dst *plane, y int) {
	for by := y * c.v; by < min((y+1)*c.v, c.bh); by++ {
		for bx := range c.bw {
			b := *c.coefBlock(bx, by)
			c.transform(&b, dst, bx, by)
		}
	}
}

// transform makes the samples of a block, whose coefficients it multiplies with
// the quantisation table. A component that no scan has had is grey.
func (c *component) transform(b *[64]int16, dst *plane, bx, by int) {
	samples := dst.block(bx, by)
	if c.quant == nil {
		fillBlock(samples, dst.stride, 128)
		return
	}
	var used uint64
	var sum int32
	for i, q := range c.quant {
		if v := b[i]; v != 0 {
			v *= int16(q)
			b[i] = v
			used |= 1 << i
			sum += abs(v)
		}
	}
	inverseDCT(b, used|1, sum, samples, dst.stride)
}
