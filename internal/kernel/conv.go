package kernel

import "fmt"

// Conv2D is a convolution with its bias and activation: for every output pixel,
// bias[o] + Σ over taps and channels of src·weights, then the activation. What is
// read from src and where the sum starts can be changed by [ConvConfig].
// It is immutable and may be run by several goroutines at once.
type Conv2D struct {
	geometry Geometry
	groups   int
	in, out  int
	depth    int      // kernel taps × channels of a group: length of an output element's sum
	run      int      // values of a window that lie side by side in a padded map; 0 if that is of no use
	weights  []matrix // one per group
	prologue *Prologue
	act      Activation
}

// ConvConfig declares a convolution.
type ConvConfig struct {
	Geometry   Geometry
	Groups     int       // In and Out are multiples of it; 0 = 1
	In, Out    int       // channels
	Weights    []float32 // Keras's layout [kernel height, kernel width, In/Groups, Out]
	Bias       []float32 // Out values, or nil
	Prologue   *Prologue // of what is read from src, or nil
	Accumulate bool      // the convolution is added to what dst holds, before the activation
	Activation Activation
}

// NewConv2D packs a convolution. Nothing of c is kept.
func NewConv2D(c ConvConfig) *Conv2D {
	g, groups := c.Geometry.normal(), max(c.Groups, 1)
	if c.In < 1 || c.Out < 1 || c.In%groups != 0 || c.Out%groups != 0 {
		panic(fmt.Sprintf("kernel: conv: want channels that are multiples of the groups, got %d to %d in %d groups", c.In, c.Out, groups))
	}
	conv := &Conv2D{geometry: g, groups: groups, in: c.In, out: c.Out, depth: g.taps() * c.In / groups, act: c.Activation}
	checkWeights("conv", c.Weights, conv.depth*c.Out, c.Bias, c.Out)
	var block int
	conv.run, block = runOf(g, groups, c.In)
	conv.weights = make([]matrix, groups)
	for i := range conv.weights {
		conv.weights[i] = packBlocks(block, conv.depth, c.Out/groups, c.Weights, c.Out, i*(c.Out/groups), c.Bias)
		conv.weights[i].accumulate = c.Accumulate
	}
	checkPrologue("conv", c.Prologue, c.In)
	conv.prologue = c.Prologue.clone()
	return conv
}

func checkWeights(kernel string, weights []float32, want int, bias []float32, out int) {
	if len(weights) != want {
		panic(fmt.Sprintf("kernel: %s: want %d weights, got %d", kernel, want, len(weights)))
	}
	if bias != nil && len(bias) != out {
		panic(fmt.Sprintf("kernel: %s: want %d biases or none, got %d", kernel, out, len(bias)))
	}
}

// Out returns the shape of the output for an input of h×w pixels.
func (c *Conv2D) Out(h, w int) (height, width, channels int) {
	height, width = c.geometry.Out(h, w)
	return height, width, c.out
}

// Scratch returns how many float32s Run needs for an input of h×w pixels with a
// team of that many threads.
func (c *Conv2D) Scratch(threads, h, w int) int {
	oh, ow := c.geometry.Out(h, w)
	switch {
	case c.inPlace(oh * ow):
		return c.copied(h, w)
	case c.byLines(ow):
		return c.padded(h, w)
	}
	return threads * c.tile(oh*ow).rows * c.depth
}

func (c *Conv2D) tile(pixels int) tiling {
	return tile(max(pixels, 1), c.depth, c.out/c.groups)
}

// inPlace tells whether Run multiplies the pixels of src as they lie, or of a copy
// after the prologue: where each is used by several blocks, one copy serves them
// all.
func (c *Conv2D) inPlace(pixels int) bool {
	return c.geometry.pointwise() && (c.prologue == nil || c.tile(pixels).parts > 1)
}

// copied returns the values of the copy that inPlace needs.
func (c *Conv2D) copied(h, w int) int {
	if c.prologue == nil {
		return 0
	}
	return c.padded(h, w)
}

// Run computes dst [H', W', out] from src [H, W, in]. The maps must not overlap.
// Scratch holds at least Scratch(t.Threads(), H, W) values of any content.
func (c *Conv2D) Run(t *Team, dst, src Map, scratch []float32) {
	src.checkShape("conv", "src", src.H, src.W, c.in)
	oh, ow := c.geometry.Out(src.H, src.W)
	dst.checkShape("conv", "dst", oh, ow, c.out)
	if want := c.Scratch(t.threads, src.H, src.W); len(scratch) < want {
		panic(fmt.Sprintf("kernel: conv: want %d values of scratch, got %d", want, len(scratch)))
	}
	cut := c.tile(oh * ow)
	n := c.groups * cut.parts * cut.rowBlocks
	switch {
	case c.inPlace(oh * ow):
		if c.prologue != nil {
			src = c.pad(t, src, scratch)
		}
		share(t, n, convolution{c, t.impl, dst, src, cut, nil}, convolution.pointwise)
	case c.byLines(ow):
		c.runLines(t, dst, src, scratch)
	default:
		share(t, n, convolution{c, t.impl, dst, src, cut, scratch}, convolution.gathered)
	}
}

// convolution is one run of a Conv2D.
type convolution struct {
	*Conv2D
	impl     Implementation
	dst, src Map
	tiling
	scratch []float32
}

// block returns what is computed as block i: a group, output pixels and
// columns of the group. Rows come first: blocks that run at the same time use the
// same weights.
func (c convolution) block(i int) (group, p0, p1, c0, c1 int) {
	p0, p1 = span(i%c.rowBlocks, c.rows, c.dst.Pixels())
	i /= c.rowBlocks
	c0, c1 = span(i%c.parts, c.cols, c.out/c.groups)
	return i / c.parts, p0, p1, c0, c1
}

// pointwise multiplies the pixels where they lie.
func (c convolution) pointwise(_, i int) {
	group, p0, p1, c0, c1 := c.block(i)
	a := c.src.Data[p0*c.src.Stride+group*c.depth:]
	c.multiply(group, p0, p1, c0, c1, compact(a, c.src.Stride, c.depth))
}

// gathered multiplies a compact copy of the windows.
func (c convolution) gathered(worker, i int) {
	group, p0, p1, c0, c1 := c.block(i)
	a := c.scratch[worker*c.rows*c.depth:][:c.rows*c.depth]
	c.gather(a, group, p0, p1)
	c.multiply(group, p0, p1, c0, c1, compact(a, c.depth, c.depth))
}

func (c convolution) multiply(group, p0, p1, c0, c1 int, a left) {
	out := c.dst.Data[p0*c.dst.Stride+group*(c.out/c.groups):]
	c.weights[group].multiply(c.impl, out, c.dst.Stride, a, p1-p0, c0, c1, c.act)
}

// gather copies the windows of the output pixels [p0, p1) into a, one row of
// depth values each: taps row by row, the group's channels of a tap together,
// zeros for the padding.
func (c convolution) gather(a []float32, group, p0, p1 int) {
	g := c.geometry
	channels := c.in / c.groups
	if g.pointwise() {
		first := group * channels
		r := rowwise{dst: a, ldd: channels, x: c.src.Data[p0*c.src.Stride+first:], ldx: c.src.Stride, rows: p1 - p0, n: channels, act: c.prologue.Activation}
		r.scaleShift(c.impl, c.prologue.Scale[first:], c.prologue.Shift[first:])
		return
	}
	line := g.Kernel[1] * channels
	step := g.Dilation[1] * c.src.Stride
	adjacent := step == channels && c.prologue == nil // the taps of a line can be copied at once
	for p := p0; p < p1; p++ {
		y, ky0, ky1 := g.inside(0, p/c.dst.W, c.src.H)
		x, kx0, kx1 := g.inside(1, p%c.dst.W, c.src.W)
		row := a[(p-p0)*c.depth:][:c.depth]
		clear(row[:ky0*line])
		clear(row[ky1*line:])
		for ky := ky0; ky < ky1; ky++ {
			to := row[ky*line:][:line]
			clear(to[:kx0*channels])
			clear(to[kx1*channels:])
			to = to[kx0*channels : kx1*channels]
			if len(to) == 0 {
				continue
			}
			at := ((y+ky*g.Dilation[0])*c.src.W+x+kx0*g.Dilation[1])*c.src.Stride + group*channels
			if adjacent {
				copy(to, c.src.Data[at:])
				continue
			}
			for len(to) > 0 {
				c.load(to[:channels], c.src.Data[at:], group*channels)
				to, at = to[channels:], at+step
			}
		}
	}
}

// load copies the values that src holds from channel first on, after the
// prologue.
func (c convolution) load(to, src []float32, first int) {
	if c.prologue == nil {
		copy(to, src)
		return
	}
	r := rowwise{dst: to, x: src, rows: 1, n: len(to), act: c.prologue.Activation}
	r.scaleShift(c.impl, c.prologue.Scale[first:], c.prologue.Shift[first:])
}
