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
	l := d.layer
	alone := func(pixel []float32) {
		copy(pixel, l.bias)
		l.act.apply(pixel)
	}
	d.eachStrip(i, alone, func(s strip) {
		if done := l.assembly(s, d.impl); done < s.n {
			l.strip(s, done)
		}
	})
}

// strip computes the channels from c0 on in plain Go.
func (d *DepthwiseConv2D) strip(s strip, c0 int) {
	for i := range s.pixels {
		dst := s.dst[i*s.ldd:][c0:s.n]
		copy(dst, d.bias[c0:])
		for y := range s.lines {
			for x := range s.taps {
				w := d.weights[(s.first+y*d.geometry.Kernel[1]+x)*s.n:][c0:s.n]
				src := s.src[i*s.ldx+y*s.line+x*s.tap:]
				if d.multiplier > 1 {
					for c, v := range w {
						dst[c] += src[(c0+c)/d.multiplier] * v
					}
					continue
				}
				for c, v := range src[c0:s.n] {
					dst[c] += v * w[c]
				}
			}
		}
		d.act.apply(dst)
	}
}
