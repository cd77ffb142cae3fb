package nn

import (
	"fmt"

	"github.com/cairnml/cairn/internal/layer"
)

// Padding is Keras's padding argument.
type Padding uint8

// The paddings.
const (
	// Valid adds nothing beyond an explicit Pad.
	Valid Padding = iota
	// Same adds zeros so that the output has ceil(in/stride) rows and columns;
	// an odd one goes to the bottom and right, as in TensorFlow.
	Same
)

// Pad is a number of rows and columns of zeros on each side of a map.
type Pad struct{ Top, Bottom, Left, Right int }

// Around is the same padding on all four sides.
func Around(n int) Pad { return Pad{n, n, n, n} }

func (p Pad) sides() [4]int { return [4]int{p.Top, p.Bottom, p.Left, p.Right} }

// Conv2D configures a convolution. Only Filters and Kernel have no default.
type Conv2D struct {
	Filters       int
	Kernel        int // rows, and columns unless KernelWidth is set
	KernelWidth   int
	Stride        int // 0 = 1; columns too unless StrideWidth is set
	StrideWidth   int
	Dilation      int // 0 = 1; columns too unless DilationWidth is set
	DilationWidth int
	Groups        int // 0 = 1
	Padding       Padding
	Pad           Pad // with Valid only
	Bias          bool
	Activation    Activation
}

// Conv2D adds a convolution (Keras's Conv2D):
//
//	[N, H, W, C] → [N, H', W', Filters]
//
// with the weights kernel [h, w, C/Groups, Filters] and, with Bias, bias
// [Filters].
func (b *Builder) Conv2D(name string, x *Node, c Conv2D) *Node {
	g := window(c.Kernel, c.KernelWidth, c.Stride, c.StrideWidth, c.Dilation, c.DilationWidth, c.Padding)
	b.pad(name, &g, c.Pad)
	return b.add(name, layer.Conv2D{
		Window: g, Filters: c.Filters, Groups: max(c.Groups, 1), Bias: c.Bias, Activation: b.function(name, c.Activation),
	}, x)
}

// DepthwiseConv2D configures a convolution of every channel by itself. Only
// Kernel has no default.
type DepthwiseConv2D struct {
	Kernel        int // rows, and columns unless KernelWidth is set
	KernelWidth   int
	Stride        int // 0 = 1; columns too unless StrideWidth is set
	StrideWidth   int
	Dilation      int // 0 = 1; columns too unless DilationWidth is set
	DilationWidth int
	Multiplier    int // outputs per channel; 0 = 1
	Padding       Padding
	Pad           Pad // with Valid only
	Bias          bool
	Activation    Activation
}

// DepthwiseConv2D adds a depthwise convolution (Keras's DepthwiseConv2D):
//
//	[N, H, W, C] → [N, H', W', C·Multiplier]
//
// with the weights kernel [h, w, C, Multiplier] and, with Bias, bias
// [C·Multiplier].
func (b *Builder) DepthwiseConv2D(name string, x *Node, c DepthwiseConv2D) *Node {
	g := window(c.Kernel, c.KernelWidth, c.Stride, c.StrideWidth, c.Dilation, c.DilationWidth, c.Padding)
	b.pad(name, &g, c.Pad)
	return b.add(name, layer.DepthwiseConv2D{
		Window: g, Multiplier: max(c.Multiplier, 1), Bias: c.Bias, Activation: b.function(name, c.Activation),
	}, x)
}

// pad puts explicit padding into a window.
func (b *Builder) pad(name string, g *layer.Window, p Pad) {
	if g.Same && p != (Pad{}) {
		b.Fail(fmt.Errorf("%s%s: padding Same with an explicit Pad %v", b.prefix, name, p))
	}
	g.Pad = p.sides()
}

// window fills in the defaults of the geometry that convolutions and pools share.
func window(size, sizeW, stride, strideW, dilation, dilationW int, p Padding) layer.Window {
	pair := func(h, w, byDefault int) [2]int {
		if h == 0 {
			h = byDefault
		}
		if w == 0 {
			w = h
		}
		return [2]int{h, w}
	}
	return layer.Window{
		Size:     pair(size, sizeW, 0),
		Stride:   pair(stride, strideW, 1),
		Dilation: pair(dilation, dilationW, 1),
		Same:     p == Same,
	}
}
