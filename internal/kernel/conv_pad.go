package kernel

// padded returns the values of an input of h×w pixels with its padding.
func (c *Conv2D) padded(h, w int) int {
	pad := c.geometry.Pad
	return (h + pad[0] + pad[1]) * (w + pad[2] + pad[3]) * c.in
}

// pad returns a compact copy of src in scratch, after the prologue, with its padding
// around it.
func (c *Conv2D) pad(t *Team, src Map, scratch []float32) Map {
	pad := c.geometry.Pad
	whole := Map{Data: scratch[:c.padded(src.H, src.W)], H: src.H + pad[0] + pad[1], W: src.W + pad[2] + pad[3], C: c.in, Stride: c.in}
	p := padding{c, t.impl, whole, src, max(blockElements/4/(whole.W*whole.C), 1)}
	share(t, blocks(whole.H, p.lines), p, padding.copy)
	return whole
}

// padding is a copy of a map with zeros around it.
type padding struct {
	*Conv2D
	impl     Implementation
	dst, src Map
	lines    int // of dst in a block
}

// copy writes the lines of block i, each value after the prologue.
func (p padding) copy(_, i int) {
	pad := p.geometry.Pad
	y0, y1 := span(i, p.lines, p.dst.H)
	for y := y0; y < y1; y++ {
		line := p.dst.Data[y*p.dst.W*p.dst.C:][:p.dst.W*p.dst.C]
		if y < pad[0] || y >= pad[0]+p.src.H {
			clear(line)
			continue
		}
		clear(line[:pad[2]*p.in])
		clear(line[(pad[2]+p.src.W)*p.in:])
		to, from := line[pad[2]*p.in:], p.src.Data[(y-pad[0])*p.src.W*p.src.Stride:]
		switch q := p.prologue; {
		case q != nil:
			r := rowwise{dst: to, ldd: p.in, x: from, ldx: p.src.Stride, rows: p.src.W, n: p.in, act: q.Activation}
			r.scaleShift(p.impl, q.Scale, q.Shift)
		case p.src.compact():
			copy(to[:p.src.W*p.in], from)
		default:
			for x := range p.src.W {
				copy(to[x*p.in:][:p.in], from[x*p.src.Stride:])
			}
		}
	}
}
