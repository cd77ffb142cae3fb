package op

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainDropout sets a fraction of the elements to zero and multiplies the others
// by float32(1/(1-rate)), as Keras does while training. Which elements are kept
// is a function of the seed, the step and the element's place alone, so that a
// row has the same mask whatever the number of rows behind it. The gradient uses
// the mask of the last forward pass.
type TrainDropout struct {
	base
	rate float64
	seed uint64
	step uint64
	// mask, where not nil, decides which elements are kept in place of the seed.
	mask  func(step uint64, keep []bool)
	keep  []bool
	scale float32
	out   *tensor.Dense
}

// NewTrainDropout returns a dropout of rate in [0, 1). A mask, where not nil, is
// asked for the kept elements of each step in place of the generator; it must
// set every element. The id is unique within the graph.
func NewTrainDropout(id int, rate float64, seed uint64, mask func(step uint64, keep []bool)) (*TrainDropout, error) {
	if !(rate >= 0 && rate < 1) {
		return nil, fmt.Errorf("op: dropout: want a rate in [0, 1), got %v", rate)
	}
	return &TrainDropout{
		base: base{arity: 1, key: fmt.Sprintf("train.dropout{rate %v seed %d}#%d", rate, seed, id)},
		rate: rate, seed: seed, mask: mask, scale: float32(1 / (1 - rate)),
	}, nil
}

// SetStep says which training step the next run belongs to.
func (o *TrainDropout) SetStep(step uint64) { o.step = step }

// Type is a → a.
func (o *TrainDropout) Type() hm.Type {
	return hm.NewFnType(hm.TypeVariable('a'), hm.TypeVariable('a'))
}

// InferShape returns the input's shape.
func (o *TrainDropout) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.firstShape(in) }

// Do draws the mask of the step and applies it.
func (o *TrainDropout) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x")
	if err != nil {
		return nil, err
	}
	x := ts[0].Float32s()
	if len(o.keep) != len(x) {
		o.keep = make([]bool, len(x))
	}
	if o.mask != nil {
		o.mask(o.step, o.keep)
	} else {
		drawMask(o.keep, o.rate, o.seed, o.step)
	}
	o.out = buffer(o.out, ts[0].Shape())
	applyMask(o.out.Float32s(), x, o.keep, o.scale)
	return o.out, nil
}

// DiffWRT says that the input is differentiable.
func (o *TrainDropout) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns the node of the gradient under the same mask.
func (o *TrainDropout) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d := &trainDropoutGrad{base: base{arity: 2, key: "gradient of " + o.key}, forward: o}
	n, err := G.ApplyOp(d, in[0], grad)
	return G.Nodes{n}, err
}

// trainDropoutGrad reads x only so that the machine runs it after the forward
// op, whose mask it uses.
type trainDropoutGrad struct {
	base
	forward *TrainDropout
	out     *tensor.Dense
}

func (o *trainDropoutGrad) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a, a)
}

func (o *trainDropoutGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return o.firstShape(in)
}

func (o *trainDropoutGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x", "gradient")
	if err != nil {
		return nil, err
	}
	if err := o.sameShape(ts...); err != nil {
		return nil, err
	}
	grad := ts[1].Float32s()
	if len(o.forward.keep) != len(grad) {
		return nil, fmt.Errorf("op: %s: no mask for %d elements: the forward op has not run", o.key, len(grad))
	}
	o.out = buffer(o.out, ts[1].Shape())
	applyMask(o.out.Float32s(), grad, o.forward.keep, o.forward.scale)
	return o.out, nil
}

// drawMask keeps each element with probability 1-rate: two elements for each
// output of the generator, low half first.
func drawMask(keep []bool, rate float64, seed, step uint64) {
	src := rand.NewPCG(seed, step)
	drop := uint32(min(math.Ceil(rate*(1<<32)), math.MaxUint32))
	for i := 0; i < len(keep); i += 2 {
		u := src.Uint64()
		keep[i] = uint32(u) >= drop
		if i+1 < len(keep) {
			keep[i+1] = uint32(u>>32) >= drop
		}
	}
}

func applyMask(dst, src []float32, keep []bool, scale float32) {
	for i, v := range src {
		if keep[i] {
			dst[i] = v * scale
		} else {
			dst[i] = 0
		}
	}
}
