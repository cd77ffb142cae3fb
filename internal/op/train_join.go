package op

import (
	"fmt"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainAdd is the sum of inputs of one shape, whatever its rank.
type TrainAdd struct {
	trainBase
	out *tensor.Dense
}

// NewTrainAdd returns the sum of n inputs. The id is unique within the graph.
func NewTrainAdd(id int, frame *TrainFrame, n int) *TrainAdd {
	return &TrainAdd{trainBase: newTrainBase(frame, n, fmt.Sprintf("train.add#%d", id))}
}

// Type is a → … → a.
func (o *TrainAdd) Type() hm.Type { return alike(o.arity + 1) }

// alike is the type of a function from n-1 values of one type to another.
func alike(n int) hm.Type {
	ts := make([]hm.Type, n)
	for i := range ts {
		ts[i] = hm.TypeVariable('a')
	}
	return hm.NewFnType(ts...)
}

// InferShape returns the shape of the inputs.
func (o *TrainAdd) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.firstShape(in) }

// Do adds in the order of the inputs.
func (o *TrainAdd) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, make([]string, o.arity)...)
	if err != nil {
		return nil, err
	}
	if err := o.sameShape(ts...); err != nil {
		return nil, err
	}
	o.out = buffer(o.out, ts[0].Shape())
	rows, err := o.realOf(append([]*tensor.Dense{o.out}, ts...)...)
	if err != nil {
		return nil, err
	}
	copy(rows[0], rows[1])
	for _, row := range rows[2:] {
		for i, v := range row {
			rows[0][i] += v
		}
	}
	return o.out, nil
}

// DiffWRT says that all inputs are differentiable.
func (o *TrainAdd) DiffWRT(n int) []bool { return allTrue(n) }

func allTrue(n int) []bool {
	b := make([]bool, n)
	for i := range b {
		b[i] = true
	}
	return b
}

// SymDiff returns the gradient for every input.
func (o *TrainAdd) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	nodes := make(G.Nodes, len(in))
	for i := range nodes {
		nodes[i] = grad
	}
	return nodes, nil
}

// TrainConcat joins inputs [B, …, C_i] along their last axis.
type TrainConcat struct {
	trainBase
	dims int
	out  *tensor.Dense
}

// NewTrainConcat joins n inputs of that many dimensions. The id is unique within
// the graph.
func NewTrainConcat(id int, frame *TrainFrame, n, dims int) *TrainConcat {
	return &TrainConcat{trainBase: newTrainBase(frame, n, fmt.Sprintf("train.concat#%d", id)), dims: dims}
}

// Type is a → … → a.
func (o *TrainConcat) Type() hm.Type { return alike(o.arity + 1) }

// InferShape adds up the last axes.
func (o *TrainConcat) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	return o.shape(shapes)
}

func (o *TrainConcat) shape(shapes []tensor.Shape) (tensor.Shape, error) {
	out := shapes[0].Clone()
	last := o.dims - 1
	for _, s := range shapes[1:] {
		if s.Dims() != o.dims || !s[:last].Eq(out[:last]) {
			return nil, fmt.Errorf("op: %s: want shapes that differ in the last axis alone, got %v", o.key, shapes)
		}
		out[last] += s[last]
	}
	return out, nil
}

// Do copies the inputs side by side.
func (o *TrainConcat) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, make([]string, o.arity)...)
	if err != nil {
		return nil, err
	}
	shapes := make([]tensor.Shape, len(ts))
	for i, t := range ts {
		shapes[i] = t.Shape()
	}
	shape, err := o.shape(shapes)
	if err != nil {
		return nil, err
	}
	o.out = buffer(o.out, shape)
	dst, err := o.real(o.out)
	if err != nil {
		return nil, err
	}
	width, at := shape[o.dims-1], 0
	for _, t := range ts {
		src, err := o.real(t)
		if err != nil {
			return nil, err
		}
		c := t.Shape()[o.dims-1]
		for i := 0; i*c < len(src); i++ {
			copy(dst[i*width+at:], src[i*c:(i+1)*c])
		}
		at += c
	}
	return o.out, nil
}

// DiffWRT says that all inputs are differentiable.
func (o *TrainConcat) DiffWRT(n int) []bool { return allTrue(n) }

// SymDiff returns the part of the gradient that belongs to each input.
func (o *TrainConcat) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	nodes, at := make(G.Nodes, len(in)), 0
	for i, n := range in {
		part := &trainConcatGrad{
			trainBase: newTrainBase(o.frame, 1, fmt.Sprintf("gradient %d of %s", i, o.key)),
			shape:     n.Shape().Clone(), from: at,
		}
		at += n.Shape()[o.dims-1]
		var err error
		if nodes[i], err = G.ApplyOp(part, grad); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// trainConcatGrad takes channels of a gradient, beginning with from.
type trainConcatGrad struct {
	trainBase
	shape tensor.Shape
	from  int
	out   *tensor.Dense
}

func (o *trainConcatGrad) Type() hm.Type { return alike(2) }

func (o *trainConcatGrad) InferShape(...G.DimSizer) (tensor.Shape, error) {
	return o.shape.Clone(), nil
}

func (o *trainConcatGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "gradient")
	if err != nil {
		return nil, err
	}
	o.out = buffer(o.out, o.shape)
	rows, err := o.realOf(o.out, ts[0])
	if err != nil {
		return nil, err
	}
	c, width := o.shape[o.shape.Dims()-1], ts[0].Shape()[ts[0].Dims()-1]
	for i := 0; i*c < len(rows[0]); i++ {
		copy(rows[0][i*c:(i+1)*c], rows[1][i*width+o.from:])
	}
	return o.out, nil
}
