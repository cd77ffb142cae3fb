package op

import (
	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/plan"
)

// convolver is how a convolution is computed.
type convolver interface {
	Scratch(threads, h, w int) int
	Run(t *kernel.Team, dst, src kernel.Map, scratch []float32)
}

func lowerConv(op plan.Conv, in plan.Value, weights fold.Weights, threads int) (Kernel, error) {
	w, bias, err := fold.Conv(op, weights)
	if err != nil {
		return Kernel{}, err
	}
	g, act := plan.Geometry(op.Window), activation(op.Activation)
	if op.Depthwise() {
		d := kernel.NewDepthwiseConv2D(g, op.In, op.Out/op.In, w, bias, act)
		return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			d.Run(t, dst, src[0])
		}}, nil
	}
	before, err := prologue(op.Prologue, weights)
	if err != nil {
		return Kernel{}, err
	}
	config := kernel.ConvConfig{
		Geometry: g, Groups: op.Groups, In: op.In, Out: op.Out,
		Weights: w, Bias: bias, Prologue: before, Accumulate: op.Accumulate, Activation: act,
	}
	var c convolver
	if op.Tile > 0 {
		c = kernel.NewWinograd(config, op.Tile)
	} else {
		c = kernel.NewConv2D(config)
	}
	return Kernel{
		Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, scratch []float32) {
			if op.Accumulate && &dst.Data[0] != &src[1].Data[0] {
				kernel.Copy(t, dst, src[1])
			}
			c.Run(t, dst, src[0], scratch)
		},
		Scratch: c.Scratch(threads, in.H, in.W),
	}, nil
}
