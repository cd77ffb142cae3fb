package jpeg

import "github.com/cairnml/cairn/internal/kernel/pixel"

// strip holds the coefficients of one row of MCUs of the picture.
type strip struct {
	y      int // number of the row
	planes []stripPlane
}

// stripPlane is one component of a strip.
type stripPlane struct {
	index  int           // in the frame
	width  int           // blocks in a row
	height int           // rows of blocks that were decoded
	blocks []pixel.Block // [v, width], zeros before they are filled
	last   []uint8       // of each block, the last coefficient that may be other than 0
}

// newStrip makes room for the scan's components.
func (s *scan) newStrip() *strip {
	t := &strip{planes: make([]stripPlane, len(s.planes))}
	for i, p := range s.planes {
		n := p.bwMCU * p.v
		t.planes[i] = stripPlane{index: p.index, width: p.bwMCU, blocks: make([]pixel.Block, n), last: make([]uint8, n)}
	}
	return t
}

// fillStrip decodes row y of MCUs of the picture. A scan of one component has as
// many rows of blocks there as the component's vertical sampling factor says.
// Blocks for which there are no data stay zeros, which is grey.
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
					for j := at; j < at+p.mh; j++ {
						tp.last[j] = 0
						if data {
							tp.last[j] = s.block(p, &tp.blocks[j])
						}
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

// rowsOf are the rows of the scan's MCUs, from first to before last, that belong
// to the picture's row y of MCUs.
func (s *scan) rowsOf(y int) (first, last int) {
	if len(s.planes) > 1 {
		return y, y + 1
	}
	v := s.planes[0].v
	return y * v, min(y*v+v, s.mcuH)
}

// addStrip makes samples of a strip, and the pixels that can be made of them. It
// leaves zeros.
func (o *output) addStrip(t *strip) {
	for i := range t.planes {
		tp := &t.planes[i]
		c := &o.frame.components[tp.index]
		for by := range tp.height {
			blocks, last := tp.blocks[by*tp.width:][:tp.width], tp.last[by*tp.width:]
			o.transform(tp.index, t.y*c.v+by, blocks[:c.bw], last[:c.bw])
			clear(blocks[c.bw:])
		}
	}
	o.write(t.y + 1)
}
