package kernel

import "fmt"

// A window of a compact map with its padding around it lies in one run of values
// for each kernel line, and the windows of a line of output pixels lie at equal
// distances. So they can be multiplied where they are, without a copy of every
// window.

// leastLine is the shortest line of output pixels for which that pays: two tiles
// of four rows.
const leastLine = 8

// runOf returns the values of a window that lie side by side and the depth of
// blocks that suits them, or 0 and blockDepth if windows are not to be multiplied
// where they are.
func runOf(g Geometry, groups, in int) (run, depth int) {
	if groups > 1 || g.Dilation[1] > 1 || g.pointwise() {
		return 0, blockDepth
	}
	run = g.Kernel[1] * in
	if depth = depthOf(run); depth == 0 {
		return 0, blockDepth
	}
	return run, depth
}

// byLines tells whether Run multiplies windows where they are.
func (c *Conv2D) byLines(width int) bool { return c.run > 0 && width >= leastLine }

// padded returns the values of an input of h×w pixels with its padding.
func (c *Conv2D) padded(h, w int) int {
	pad := c.geometry.Pad
	return (h + pad[0] + pad[1]) * (w + pad[2] + pad[3]) * c.in
}

// runLines is Run from src, or from a padded compact copy of it.
func (c *Conv2D) runLines(t *Team, dst, src Map, scratch []float32) {
	if c.prologue != nil || c.geometry.Pad != [4]int{} || !src.compact() {
		n := c.padded(src.H, src.W)
		if len(scratch) < n {
			panic(fmt.Sprintf("kernel: conv: want %d values of scratch, got %d", n, len(scratch)))
		}
		pad := c.geometry.Pad
		whole := Map{Data: scratch[:n], H: src.H + pad[0] + pad[1], W: src.W + pad[2] + pad[3], C: c.in, Stride: c.in}
		p := padding{c, t.impl, whole, src, max(blockElements/(whole.W*whole.C), 1)}
		share(t, blocks(whole.H, p.lines), p, padding.copy)
		src = whole
	}
	l := newLines(c, t.impl, dst, src)
	share(t, blocks(dst.H, l.lines)*blocks(c.out, l.cols), l, lines.multiply)
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

// lines is one run of a Conv2D on a map that holds its padding.
type lines struct {
	*Conv2D
	impl        Implementation
	dst, src    Map
	lines, cols int // of a block
}

func newLines(c *Conv2D, impl Implementation, dst, src Map) lines {
	cut := c.tile(dst.Pixels())
	n := max(cut.rows/dst.W, 1)
	parts := min(blocks(2*wantBlocks, blocks(dst.H, n)), blocks(c.out, minCols))
	cols := min(roundUp(blocks(c.out, parts), minCols), cut.cols)
	return lines{c, impl, dst, src, n, cols}
}

// multiply computes some lines and columns as block i. Lines come first: blocks that run at
// the same time use the same weights.
func (l lines) multiply(_, i int) {
	n := blocks(l.dst.H, l.lines)
	y0, y1 := span(i%n, l.lines, l.dst.H)
	c0, c1 := span(i/n, l.cols, l.out)
	g := l.geometry
	line := l.src.W * l.src.Stride
	for y := y0; y < y1; y++ {
		a := left{l.src.Data[y*g.Stride[0]*line:], g.Stride[1] * l.src.Stride, l.run, g.Dilation[0] * line}
		l.weights[0].multiply(l.impl, l.dst.Data[y*l.dst.W*l.dst.Stride:], l.dst.Stride, a, l.dst.W, c0, c1, l.act)
	}
}
