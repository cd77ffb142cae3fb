package op

import (
	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/plan"
)

func lowerPool(op plan.Pool, weights fold.Weights) (Kernel, error) {
	g := plan.Geometry(op.Window)
	if op.Max {
		pool := kernel.MaxPool
		if op.Zeros {
			pool = zeroPaddedMaxPool
		}
		return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			pool(t, dst, src[0], g)
		}}, nil
	}
	before, err := prologue(op.Prologue, weights)
	return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
		kernel.AveragePool(t, dst, src[0], g, before)
	}}, err
}

func lowerGlobalPool(op plan.GlobalPool, weights fold.Weights) (Kernel, error) {
	if op.Max {
		return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.GlobalMax(t, dst, src[0])
		}}, nil
	}
	before, err := prologue(op.Prologue, weights)
	return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
		kernel.GlobalAverage(t, dst, src[0], before)
	}}, err
}

// zeroPaddedMaxPool is a maximum pool whose padding counts as zeros: where a
// window reaches into the padding, a negative maximum becomes zero.
func zeroPaddedMaxPool(t *kernel.Team, dst, src kernel.Map, g kernel.Geometry) {
	kernel.MaxPool(t, dst, src, g)
	relu := kernel.Activation{Kind: kernel.ReLU}
	for y := range dst.H {
		if reaches(g, 0, y, src.H) {
			line := dst
			line.Data, line.H = dst.Data[y*dst.W*dst.Stride:], 1
			kernel.Activate(t, line, line, relu)
		}
	}
	for x := range dst.W {
		if reaches(g, 1, x, src.W) {
			column := dst
			column.Data, column.W, column.Stride = dst.Data[x*dst.Stride:], 1, dst.W*dst.Stride
			kernel.Activate(t, column, column, relu)
		}
	}
}

// reaches says whether the window at output position o reaches into the padding
// of an axis of that size.
func reaches(g kernel.Geometry, axis, o, size int) bool {
	first := o*g.Stride[axis] - g.Pad[2*axis]
	return first < 0 || first+(g.Kernel[axis]-1)*g.Dilation[axis] >= size
}

// prologue reads a normalization that a kernel does while it reads; nil is none.
func prologue(n *plan.Norm, weights fold.Weights) (*kernel.Prologue, error) {
	if n == nil {
		return nil, nil
	}
	scale, shift, err := fold.Norm(n.Layer, weights)
	if err != nil {
		return nil, err
	}
	return &kernel.Prologue{Scale: scale, Shift: shift, Activation: activation(n.Activation)}, nil
}
