package jpeg

import "github.com/cairnml/cairn/internal/kernel/pixel"

// plane is a ring of the last rows of a component's samples.
type plane struct {
	pix    []uint8
	stride int
	rows   int // of the ring
}

// row is row y of the samples.
func (p *plane) row(y int) []uint8 {
	i := y % p.rows * p.stride
	return p.pix[i : i+p.stride]
}

// ring is how many rows of MCUs are kept: the last row of pixels of one is
// interpolated with the first of the next.
const ring = 2

// output turns samples into the picture while they arrive.
type output struct {
	frame  *frame
	loops  pixel.Loops
	planes []plane
	lines  []liner
	rows   [4][]uint8 // of the line being written
	color  colorFunc
	pix    []uint8
	y      int // pixel rows written
}

// newOutput writes to pix, [height, width, 3].
func newOutput(f *frame, m ColorModel, l pixel.Loops, pix []uint8) *output {
	o := &output{frame: f, loops: l, color: converter(m), pix: pix}
	for i := range f.components {
		c := &f.components[i]
		p := plane{stride: 8 * c.bwMCU, rows: 8 * c.v * min(ring, f.mcuH)}
		p.pix = make([]uint8, p.stride*p.rows)
		o.planes = append(o.planes, p)
	}
	for i := range f.components {
		o.lines = append(o.lines, newLiner(f, &f.components[i], &o.planes[i], l))
	}
	return o
}

// transform makes the samples of a row of blocks, row by of component i. A
// component that no scan has had is grey.
func (o *output) transform(i, by int, blocks []pixel.Block, last []uint8) {
	p, quant := &o.planes[i], o.frame.components[i].quant
	dst := p.pix[by*8%p.rows*p.stride:][:8*p.stride]
	if quant != nil {
		o.loops.InverseDCT(dst, p.stride, blocks, last, quant)
		return
	}
	for j := range dst {
		dst[j] = 128
	}
}

// write makes the pixels that can be made of the first n rows of MCUs.
func (o *output) write(n int) {
	f := o.frame
	last := n*8*f.vMax - 1
	if n == f.mcuH {
		last = f.height
	}
	for ; o.y < last; o.y++ {
		for i := range o.lines {
			o.rows[i] = o.lines[i].line(o.y)
		}
		o.color(o.loops, o.pix[3*f.width*o.y:3*f.width*(o.y+1)], &o.rows)
	}
}
