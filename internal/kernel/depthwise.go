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
	w := newWindow("depthwise", d.geometry, dst, src, len(d.bias))
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
		for x := range d.dst.W {
			d.pixel(d.dst.pixel(y*d.dst.W+x), d.at(y, x))
		}
	}
}

// pixel computes the output pixel with the taps t.
func (d depthwise) pixel(dst []float32, t taps) {
	copy(dst, d.layer.bias)
	n := t.kx1 - t.kx0
	for ky := t.ky0; ky < t.ky1 && n > 0; ky++ {
		x, step := d.line(t, ky)
		w := d.layer.weights[(ky*d.geometry.Kernel[1]+t.kx0)*len(dst):]
		if d.layer.multiplier > 1 {
			addFilters(dst, x, step, w, n, d.layer.multiplier)
		} else {
			addTaps(dst, x, step, w, n)
		}
	}
	d.layer.act.apply(dst)
}

// addTaps adds x[t·step+c]·w[t·channels+c] to every dst[c], for taps t from 0
// to n in order.
func addTaps(dst, x []float32, step int, w []float32, n int) {
	c := len(dst)
	for ; n >= 3; n -= 3 {
		x0, x1, x2 := x[:c], x[step:][:c], x[2*step:][:c]
		w0, w1, w2 := w[:c], w[c:][:c], w[2*c:][:c]
		for i, d := range dst {
			d += x0[i] * w0[i]
			d += x1[i] * w1[i]
			d += x2[i] * w2[i]
			dst[i] = d
		}
		if n > 3 {
			x, w = x[3*step:], w[3*c:]
		}
	}
	for t := range n {
		xt, wt := x[t*step:][:c], w[t*c:][:c]
		for i := range dst {
			dst[i] += xt[i] * wt[i]
		}
	}
}

// addFilters is addTaps for several filters on each channel of x.
func addFilters(dst, x []float32, step int, w []float32, n, multiplier int) {
	for t := range n {
		wt := w[t*len(dst):][:len(dst)]
		for i := range dst {
			dst[i] += x[t*step+i/multiplier] * wt[i]
		}
	}
}
