package kernel

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

// runLines is Run from src, or from a padded compact copy of it.
func (c *Conv2D) runLines(t *Team, dst, src Map, scratch []float32) {
	if c.prologue != nil || c.geometry.Pad != [4]int{} || !src.compact() {
		src = c.pad(t, src, scratch)
	}
	l := newLines(c, t.impl, dst, src)
	share(t, blocks(dst.H, l.lines)*blocks(c.out, l.cols), l, lines.multiply)
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
	parts := min(blocks(wantBlocks/2, blocks(dst.H, n)), blocks(c.out, minCols))
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
