package jpeg

// plane is a ring of the last rows of a component's samples.
type plane struct {
	pix    []uint8
	stride int
	rows   int // of the ring
}

// block is the place of the samples of the block at column bx, row by.
func (p *plane) block(bx, by int) []uint8 {
	return p.pix[by*8%p.rows*p.stride+bx*8:]
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
	planes []plane
	lines  []liner
	rows   [4][]uint8 // of the line being written
	color  func(dst []uint8, rows *[4][]uint8)
	pix    []uint8
	y      int  // pixel rows written
	fused  bool // interpolate and convert at once
	sums   []uint32
	chroma []uint32
}

func newOutput(f *frame, m ColorModel) *output {
	o := &output{frame: f, color: converter(m), pix: make([]uint8, 3*f.width*f.height)}
	for i := range f.components {
		c := &f.components[i]
		p := plane{stride: 8 * c.bwMCU, rows: 8 * c.v * min(ring, f.mcuH)}
		p.pix = make([]uint8, p.stride*p.rows)
		o.planes = append(o.planes, p)
	}
	for i := range f.components {
		o.lines = append(o.lines, newLiner(f, &f.components[i], &o.planes[i]))
	}
	if m == YCbCr && o.lines[0].kind == whole {
		kind := o.lines[1].kind
		o.fused = kind == o.lines[2].kind && (kind == triangleH || kind == triangleHV)
		o.sums = make([]uint32, o.lines[1].w)
		o.chroma = make([]uint32, 2*o.lines[1].w)
	}
	return o
}

// write makes the pixels that can be made of the first n rows of MCUs.
func (o *output) write(n int) {
	f := o.frame
	last := n*8*f.vMax - 1
	if n == f.mcuH {
		last = f.height
	}
	for ; o.y < last; o.y++ {
		dst := o.pix[3*f.width*o.y : 3*f.width*(o.y+1)]
		if o.fused {
			o.writeFused(dst)
			continue
		}
		for i := range o.lines {
			o.rows[i] = o.lines[i].line(o.y)
		}
		o.color(dst, &o.rows)
	}
}

// writeFused makes a line of a picture with Cb and Cr of half the width.
func (o *output) writeFused(dst []uint8) {
	cb, cr := &o.lines[1], &o.lines[2]
	half := roundAcross
	u, v := nearFar{near: cb.near(o.y)}, nearFar{near: cr.near(o.y)}
	u.far, v.far = u.near, v.near
	if cb.kind == triangleHV {
		half = roundBoth
		u.far, v.far = cb.far(o.y), cr.far(o.y)
	}
	fromYCbCr2(dst, o.lines[0].near(o.y), u, v, half, o.sums, o.chroma)
}
