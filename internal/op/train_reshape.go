package op

import (
	"fmt"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainReshape copies its input [B, …] to a tensor of another shape with as many
// values. gorgonia's own Reshape would need a GPU in builds with the tag cuda.
type TrainReshape struct {
	trainBase
	dims  int // of the input
	shape tensor.Shape
	out   *tensor.Dense
}

// NewTrainReshape takes inputs of that many dimensions to a shape, whose first
// axis is the batch's, too. The id is unique within the graph.
func NewTrainReshape(id int, frame *TrainFrame, dims int, shape ...int) *TrainReshape {
	return newTrainReshape(frame, fmt.Sprintf("train.reshape#%d %v", id, shape), dims, shape)
}

func newTrainReshape(frame *TrainFrame, key string, dims int, shape tensor.Shape) *TrainReshape {
	return &TrainReshape{trainBase: newTrainBase(frame, 1, key), dims: dims, shape: shape}
}

// Type is tensor of dims dimensions → tensor of those of the shape.
func (o *TrainReshape) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(G.TensorType{Dims: o.dims, Of: a}, G.TensorType{Dims: o.shape.Dims(), Of: a})
}

// InferShape returns the shape.
func (o *TrainReshape) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	return o.shape.Clone(), o.fits(shapes[0])
}

func (o *TrainReshape) fits(in tensor.Shape) error {
	if in.Dims() != o.dims || in[0] != o.shape[0] || in.TotalSize() != o.shape.TotalSize() {
		return fmt.Errorf("op: %s: want %d dimensions, %d rows and %d values, got shape %v", o.key, o.dims, o.shape[0], o.shape.TotalSize(), in)
	}
	return nil
}

// Do copies the real rows.
func (o *TrainReshape) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "input")
	if err != nil {
		return nil, err
	}
	if err := o.fits(ts[0].Shape()); err != nil {
		return nil, err
	}
	o.out = buffer(o.out, o.shape)
	rows, err := o.realOf(o.out, ts[0])
	if err != nil {
		return nil, err
	}
	copy(rows[0], rows[1])
	return o.out, nil
}

// DiffWRT says that the input is differentiable.
func (o *TrainReshape) DiffWRT(n int) []bool { return allTrue(n) }

// SymDiff gives the gradient the shape of the input.
func (o *TrainReshape) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	n, err := G.ApplyOp(newTrainReshape(o.frame, "gradient of "+o.key, o.shape.Dims(), in[0].Shape().Clone()), grad)
	if err != nil {
		return nil, err
	}
	return G.Nodes{n}, nil
}
