package op

import (
	"fmt"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

// TrainDense is x·kernel + bias for training graphs:
//
//	x [B, D], kernel [D, K], bias [1, K] (may be absent) → [B, K]
type TrainDense struct {
	trainBase
	in, out int
	layer   *kernel.TrainDense
	y       *tensor.Dense
}

// NewTrainDense returns a layer of in values to out values. The id is unique
// within the graph.
func NewTrainDense(id int, frame *TrainFrame, in, out int, bias bool) *TrainDense {
	arity := 2
	if bias {
		arity = 3
	}
	return &TrainDense{
		trainBase: newTrainBase(frame, arity, fmt.Sprintf("train.dense{%d×%d}#%d", in, out, id)),
		in:        in, out: out, layer: kernel.NewTrainDense(in, out),
	}
}

// Type is matrix → matrix (→ matrix) → matrix.
func (o *TrainDense) Type() hm.Type { return matrices(o.arity + 1) }

// matrices is the type of a function from n-1 matrices to one.
func matrices(n int) hm.Type {
	ts := make([]hm.Type, n)
	for i := range ts {
		ts[i] = G.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	}
	return hm.NewFnType(ts...)
}

// InferShape checks the shapes and returns [B, K].
func (o *TrainDense) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	if err := o.check(shapes); err != nil {
		return nil, err
	}
	return tensor.Shape{shapes[0][0], o.out}, nil
}

func (o *TrainDense) check(s []tensor.Shape) error {
	ok := len(s) == o.arity && s[0].Dims() == 2 && s[0][1] == o.in && s[1].Eq(tensor.Shape{o.in, o.out})
	if ok && o.arity == 3 {
		ok = s[2].Eq(tensor.Shape{1, o.out})
	}
	if !ok {
		return fmt.Errorf("op: %s: want x [B, %d], kernel [%d, %d], bias [1, %d], got %v", o.key, o.in, o.in, o.out, o.out, s)
	}
	return nil
}

// Do multiplies.
func (o *TrainDense) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	names := []string{"x", "kernel", "bias"}
	ts, err := o.inputs(in, names[:o.arity]...)
	if err != nil {
		return nil, err
	}
	shapes := make([]tensor.Shape, len(ts))
	for i, t := range ts {
		shapes[i] = t.Shape()
	}
	if err := o.check(shapes); err != nil {
		return nil, err
	}
	o.y = buffer(o.y, tensor.Shape{shapes[0][0], o.out})
	rows, err := o.realOf(o.y, ts[0])
	if err != nil {
		return nil, err
	}
	var bias []float32
	if o.arity == 3 {
		bias = ts[2].Float32s()
	}
	o.layer.Forward(o.frame.Team, rows[0], rows[1], ts[1].Float32s(), bias)
	return o.y, nil
}

// DiffWRT says that all inputs are differentiable.
func (o *TrainDense) DiffWRT(int) []bool { return []bool{true, true, true}[:o.arity] }

// SymDiff returns the nodes of grad·kernelᵀ, xᵀ·grad and the sum of grad's rows.
func (o *TrainDense) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	x, err := G.ApplyOp(o.gradient("x"), in[1], grad)
	if err != nil {
		return nil, err
	}
	kernel, err := G.ApplyOp(o.gradient("kernel"), in[0], grad)
	if err != nil || o.arity == 2 {
		return G.Nodes{x, kernel}, err
	}
	bias, err := G.ApplyOp(o.gradient("bias"), in[2], grad)
	return G.Nodes{x, kernel, bias}, err
}

func (o *TrainDense) gradient(of string) *trainDenseGrad {
	return &trainDenseGrad{
		trainBase: newTrainBase(o.frame, 2, "gradient of "+of+" of "+o.key),
		of:        of, in: o.in, out: o.out, layer: kernel.NewTrainDense(o.in, o.out),
	}
}

// trainDenseGrad maps the gradient of the output, its second input, to that of
// x (its first input is then the kernel), of the kernel (x) or of the bias (the
// bias, for its shape alone).
type trainDenseGrad struct {
	trainBase
	of      string
	in, out int
	layer   *kernel.TrainDense
	d       *tensor.Dense
}

func (o *trainDenseGrad) Type() hm.Type { return matrices(3) }

func (o *trainDenseGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	if len(shapes) != 2 || shapes[1].Dims() != 2 || shapes[1][1] != o.out {
		return nil, fmt.Errorf("op: %s: want a gradient [B, %d], got %v", o.key, o.out, shapes)
	}
	return o.shape(shapes[1][0]), nil
}

// shape of the result for a batch.
func (o *trainDenseGrad) shape(batch int) tensor.Shape {
	switch o.of {
	case "x":
		return tensor.Shape{batch, o.in}
	case "kernel":
		return tensor.Shape{o.in, o.out}
	}
	return tensor.Shape{1, o.out}
}

func (o *trainDenseGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x, kernel or bias", "gradient")
	if err != nil {
		return nil, err
	}
	dy, err := o.real(ts[1])
	if err != nil {
		return nil, err
	}
	o.d = buffer(o.d, o.shape(ts[1].Shape()[0]))
	d := o.d.Float32s()
	switch o.of {
	case "x":
		o.layer.InputGradient(o.frame.Team, d[:o.frame.Rows*o.in], dy, ts[0].Float32s())
	case "kernel":
		x, err := o.real(ts[0])
		if err != nil {
			return nil, err
		}
		o.layer.WeightGradient(o.frame.Team, d, x, dy)
	default:
		kernel.BiasGradient(d, dy)
	}
	return o.d, nil
}
