// Package plan turns a declaration into the few steps that inference runs: it
// folds and fuses layers and places the steps' results in buffers. It knows
// neither numbers nor gorgonia; internal/op lowers its steps to kernels.
package plan

import (
	"github.com/cairnml/cairn/internal/layer"
)

// Plan is a network ready to be lowered. It handles one photo.
type Plan struct {
	Values  []Value
	Steps   []Step // in the order in which they run
	Input   int    // value
	Outputs []int  // values, in the order asked for
	Buffers []int  // lengths in float32s
}

// Value is the result of a step, or the input, and where it lies. Vectors have
// one pixel.
type Value struct {
	Layer   string // the layer whose output it is
	H, W, C int
	Buffer  int
	Offset  int // of the first pixel in the buffer
	Stride  int // from pixel to pixel, at least C
	Around  int // channels of the outermost value that it lies in
}

// Len is the number of float32s that the value spans in its buffer.
func (v Value) Len() int { return (v.H*v.W-1)*v.Stride + v.C }

// Step computes one value from others.
type Step struct {
	Op     Op
	In     []int
	Out    int
	Layers []string // covered by the step, in order
}

// Rewrite is a set of rewrites, to be switched off one at a time.
type Rewrite uint

// The rewrites. Each is exact up to rounding.
const (
	// FoldPadding moves a ZeroPadding2D into the convolutions and maximum pools
	// that read it.
	FoldPadding Rewrite = 1 << iota
	// FoldNorm moves a BatchNormalization into the weights of the convolution
	// before it.
	FoldNorm
	// FuseActivation applies an activation while its input is written.
	FuseActivation
	// PoolFirst averages before a 1×1 convolution instead of after it.
	PoolFirst
	// NormalizeOnRead moves a BatchNormalization with its activation into the
	// 1×1 convolutions and means that read it.
	NormalizeOnRead
	// Accumulate lets a convolution add to the other terms of an Add.
	Accumulate
	// ConcatInPlace lets values be written where a Concatenate puts them.
	ConcatInPlace
	// Winograd computes 3×3 convolutions with fewer multiplications.
	Winograd
)

// Build plans the outputs of a declaration. Layers that are outputs themselves
// are kept as values; the rewrites in without are not made.
func Build(outputs []*layer.Layer, without Rewrite) (*Plan, error) {
	g, err := newGraph(outputs)
	if err != nil {
		return nil, err
	}
	for _, r := range []struct {
		rewrite Rewrite
		apply   func()
	}{
		{FoldPadding, g.foldPadding},
		{FoldNorm, g.foldNorm},
		{PoolFirst, g.poolFirst},
		{FoldNorm, g.foldNorm}, // after pools, where convolutions are now
		{FuseActivation, g.fuseActivation},
		{NormalizeOnRead, g.normalizeOnRead},
		{Accumulate, g.accumulate},
		{ConcatInPlace, g.nestConcats},
		{Winograd, g.winograd},
	} {
		if without&r.rewrite == 0 {
			r.apply()
		}
	}
	p := g.plan()
	p.place(without&ConcatInPlace == 0)
	return p, nil
}
