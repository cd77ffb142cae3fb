package plan

import (
	"fmt"

	"github.com/cairnml/cairn/internal/layer"
)

// Op is what a step does: one of the struct types below. Layers in them say
// where the weights are.
type Op interface{ Algorithm() string }

// Conv is a convolution with everything folded into it: padding and another
// normalization before, batch normalization, sum and activation after.
type Conv struct {
	Layer      *layer.Layer // Conv2D or DepthwiseConv2D
	Window     layer.Window // with explicit padding
	Groups     int
	In, Out    int          // channels
	Prologue   *Norm        // of what is read, not of the padding; or nil
	Norm       *layer.Layer // BatchNormalization, or nil
	Accumulate bool         // the convolution of the first input is added to the second
	Tile       int          // of Winograd's algorithm, in pixels; 0 is the sum as it is defined
	Activation layer.Activation
}

// Depthwise says whether every channel is convolved by itself.
func (o Conv) Depthwise() bool {
	_, ok := o.Layer.Op.(layer.DepthwiseConv2D)
	return ok
}

// Algorithm implements Op.
func (o Conv) Algorithm() string {
	switch {
	case o.Depthwise():
		return "depthwise"
	case o.Tile > 0:
		return fmt.Sprintf("winograd %d×%d", o.Tile, o.Tile)
	}
	return "conv"
}

// Dense is a fully connected layer.
type Dense struct {
	Layer      *layer.Layer
	Activation layer.Activation
}

// Norm is a batch normalization that could not be folded: a·x + b by channel.
type Norm struct {
	Layer      *layer.Layer
	Activation layer.Activation
}

// Activate is an activation function, value by value.
type Activate struct{ Activation layer.Activation }

// Softmax is a softmax over the channels of each pixel.
type Softmax struct{}

// Pool is a maximum or mean over windows.
type Pool struct {
	Window   layer.Window // with explicit padding
	Max      bool
	Zeros    bool  // the padding of a maximum counts as zeros; otherwise it does not count
	Prologue *Norm // of what a mean reads, or nil
}

// GlobalPool is a maximum or mean over all pixels.
type GlobalPool struct {
	Max      bool
	Prologue *Norm // of what a mean reads, or nil
}

// Pad adds zeros: top, bottom, left, right.
type Pad struct{ Pad [4]int }

// Add is the sum of its inputs.
type Add struct{ Activation layer.Activation }

// Multiply is the product of a map and another or a gate of one pixel.
type Multiply struct{}

// Concat puts the channels of its inputs side by side.
type Concat struct{}

// Flatten makes one pixel of a map.
type Flatten struct{}

// Algorithm implements Op.
func (Dense) Algorithm() string    { return "dense" }
func (Norm) Algorithm() string     { return "norm" }
func (Activate) Algorithm() string { return "activate" }
func (Softmax) Algorithm() string  { return "softmax" }
func (o Pool) Algorithm() string {
	if o.Max {
		return "max pool"
	}
	return "average pool"
}
func (o GlobalPool) Algorithm() string {
	if o.Max {
		return "global max"
	}
	return "global average"
}
func (Pad) Algorithm() string      { return "pad" }
func (Add) Algorithm() string      { return "add" }
func (Multiply) Algorithm() string { return "multiply" }
func (Concat) Algorithm() string   { return "concat" }
func (Flatten) Algorithm() string  { return "flatten" }
