package kernel

import "fmt"

// DepthwiseConv2D is a depthwise convolution with its bias and activation:
// output channel c·multiplier + m is the convolution of input channel c with
// filter m of that channel. It is immutable and may be run by several goroutines
// at once.
type DepthwiseConv2D struct {
	geometry   Geometry
	channels   int
	multiplier int
	weights    []float32 // [taps][channels·multiplier]
	bias       []float32 // zeros if there is none
	act        Activation
}

// NewDepthwiseConv2D copies the weights, which have Keras's layout [kernel
// height, kernel width, channels, multiplier], and the bias, which has
// channels·multiplier values or is nil.
func NewDepthwiseConv2D(g Geometry, channels, multiplier int, weights, bias []float32, act Activation) *DepthwiseConv2D {
	g = g.normal()
	if channels < 1 || multiplier < 1 {
		panic(fmt.Sprintf("kernel: depthwise: want at least one channel and filter, got %d and %d", channels, multiplier))
	}
	out := channels * multiplier
	checkWeights("depthwise", weights, g.taps()*out, bias, out)
	d := &DepthwiseConv2D{geometry: g, channels: channels, multiplier: multiplier, act: act,
		weights: append([]float32(nil), weights...),
		bias:    make([]float32, out),
	}
	copy(d.bias, bias)
	return d
}

// Out returns the shape of the output for an input of h×w pixels.
func (d *DepthwiseConv2D) Out(h, w int) (height, width, channels int) {
	height, width = d.geometry.Out(h, w)
	return height, width, len(d.bias)
}

// Run computes dst [H', W', channels·multiplier] from src [H, W, channels]. The
// maps must not overlap.
func (d *DepthwiseConv2D) Run(t *Team, dst, src Map) {
	src.checkShape("depthwise", "src", src.H, src.W, d.channels)
	w := newWindow(t.impl, "depthwise", d.geometry, dst, src, len(d.bias))
	share(t, w.blocks(), depthwise{d, w}, depthwise.block)
}

// depthwise is one run of a DepthwiseConv2D.
type depthwise struct {
	layer *DepthwiseConv2D
	window
}

func (d depthwise) block(_, i int) {
	y0, y1 := span(i, d.lines, d.dst.H)
	for y := y0; y < y1; y++ {
		x0, x1 := d.middle(y)
		if x0 == x1 {
			d.pixels(y, 0, d.dst.W)
			continue
		}
		d.pixels(y, 0, x0)
		d.pixels(y, x1, d.dst.W)
	}
}

// pixels computes the pixels [from, to) of line y, tap by tap.
func (d depthwise) pixels(y, from, to int) {
	for x := from; x < to; x++ {
		copy(d.dst.pixel(y*d.dst.W+x), d.layer.bias)
	}
	step := d.geometry.Stride[1] * d.src.Stride
	d.eachTap(y, func(tap, x0, x1 int, src []float32) {
		before := max(from-x0, 0)
		x0, x1 = x0+before, min(x1, to)
		if x0 >= x1 {
			return
		}
		r := d.line(y, x0, x1)
		r.x, r.ldx = src[before*step:], step
		r.y, r.ldy = d.layer.weights[tap*r.n:][:r.n], 0
		if d.layer.multiplier > 1 {
			addFilters(r, d.layer.multiplier)
		} else {
			r.multiplyAdd(d.impl)
		}
	})
	if from < to {
		r := d.line(y, from, to)
		r.act = d.layer.act
		r.activate(d.impl)
	}
}

// addFilters is multiplyAdd for several filters on each channel of x.
func addFilters(r rowwise, multiplier int) {
	for i := range r.rows {
		dst, x := r.dst[i*r.ldd:][:r.n], r.x[i*r.ldx:]
		for c, w := range r.y {
			dst[c] += x[c/multiplier] * w
		}
	}
}
