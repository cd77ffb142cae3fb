package jpeg

// strip holds the coefficients of one row of MCUs of the picture.
type strip struct {
	y      int // number of the row
	planes []stripPlane
}

// stripPlane is one component of a strip.
type stripPlane struct {
	index  int     // in the frame
	width  int     // blocks in a row
	height int     // rows of blocks that were decoded
	blocks []block // [v, width]
}

// block holds dequantised coefficients in natural order, which of them may be
// other than 0, bit i for coefficient i, and the sum of their magnitudes.
type block struct {
	coefs [64]int16
	used  uint64
	sum   int32
}

// newStrip makes room for the scan's components.
func (s *scan) newStrip() *strip {
	t := &strip{planes: make([]stripPlane, len(s.planes))}
	for i, p := range s.planes {
		t.planes[i] = stripPlane{index: p.index, width: p.bwMCU, blocks: make([]block, p.bwMCU*p.v)}
	}
	return t
}

// fillStrip decodes row y of MCUs of the picture. A scan of one component has as
// many rows of blocks there as the component's vertical sampling factor says.
func (s *scan) fillStrip(t *strip, y int) error {
	t.y = y
	first, last := s.rowsOf(y)
	for i := range s.planes {
		t.planes[i].height = (last - first) * s.planes[i].mv
	}
	for row := range last - first {
		for x := range s.mcuW {
			data, err := s.begin()
			if err != nil {
				return err
			}
			for i := range s.planes {
				p, tp := &s.planes[i], &t.planes[i]
				at := row*p.mv*tp.width + x*p.mh
				for range p.mv {
					for j := range p.mh {
						s.fillBlock(&tp.blocks[at+j], p, data)
					}
					at += tp.width
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

// fillBlock decodes a block, which is grey if there are no data for it.
func (s *scan) fillBlock(b *block, p *scanPlane, data bool) {
	if b.used > 1 {
		clear(b.coefs[:])
	}
	if data {
		b.used, b.sum = s.block(p, &b.coefs)
	} else {
		b.coefs[0], b.used, b.sum = 0, 1, 0
	}
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

// addStrip makes samples of a strip, and the pixels that can be made of them.
func (o *output) addStrip(t *strip) {
	for i := range t.planes {
		tp := &t.planes[i]
		dst := &o.planes[tp.index]
		c := &o.frame.components[tp.index]
		for by := range tp.height {
			for bx := range c.bw {
				b := &tp.blocks[by*tp.width+bx]
				inverseDCT(&b.coefs, b.used, b.sum, dst.block(bx, t.y*c.v+by), dst.stride)
			}
		}
	}
	o.write(t.y + 1)
}
