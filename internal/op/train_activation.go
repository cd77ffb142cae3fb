package op

import (
	"fmt"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainActivation is an elementwise function with its derivative, for training
// graphs. It keeps the shape of its input, whatever its rank.
type TrainActivation struct {
	trainBase
	f, slope func(x float32) float32
	out      *tensor.Dense
}

// NewTrainReLU returns max(0, x), and min(max(0, x), maximum) where maximum is
// above zero. NaN stays NaN. The slope is 1 strictly between the bounds, else 0.
// The id is unique within the graph.
func NewTrainReLU(id int, frame *TrainFrame, maximum float32) *TrainActivation {
	limit := float32(math.Inf(1))
	if maximum > 0 {
		limit = maximum
	}
	return newTrainActivation(frame, fmt.Sprintf("train.relu{max %v}#%d", maximum, id),
		func(x float32) float32 {
			if x < 0 {
				return 0
			}
			if x > limit {
				return limit
			}
			return x
		},
		func(x float32) float32 {
			if x > 0 && x < limit {
				return 1
			}
			return 0
		})
}

// NewTrainSigmoid returns 1/(1+exp(-x)). The id is unique within the graph.
func NewTrainSigmoid(id int, frame *TrainFrame) *TrainActivation {
	return newTrainActivation(frame, fmt.Sprintf("train.sigmoid#%d", id),
		func(x float32) float32 { return float32(sigmoid64(x)) },
		func(x float32) float32 {
			s := sigmoid64(x)
			return float32(s * (1 - s))
		})
}

// NewTrainSwish returns x/(1+exp(-x)). The id is unique within the graph.
func NewTrainSwish(id int, frame *TrainFrame) *TrainActivation {
	return newTrainActivation(frame, fmt.Sprintf("train.swish#%d", id),
		func(x float32) float32 { return float32(float64(x) * sigmoid64(x)) },
		func(x float32) float32 {
			s := sigmoid64(x)
			return float32(s + float64(x)*s*(1-s))
		})
}

func sigmoid64(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

func newTrainActivation(frame *TrainFrame, key string, f, slope func(float32) float32) *TrainActivation {
	return &TrainActivation{trainBase: newTrainBase(frame, 1, key), f: f, slope: slope}
}

// Type is a → a.
func (o *TrainActivation) Type() hm.Type {
	return hm.NewFnType(hm.TypeVariable('a'), hm.TypeVariable('a'))
}

// InferShape returns the input's shape.
func (o *TrainActivation) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.firstShape(in) }

// Do applies the function to every element of the real rows.
func (o *TrainActivation) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x")
	if err != nil {
		return nil, err
	}
	o.out = buffer(o.out, ts[0].Shape())
	rows, err := o.realOf(o.out, ts[0])
	if err != nil {
		return nil, err
	}
	dst, src := rows[0], rows[1]
	o.share(len(src), valuesACall, func(from, to int) {
		for i, x := range src[from:to] {
			dst[from+i] = o.f(x)
		}
	})
	return o.out, nil
}

// DiffWRT says that the input is differentiable.
func (o *TrainActivation) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns the node of slope(x)·grad.
func (o *TrainActivation) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d := &trainActivationGrad{trainBase: newTrainBase(o.frame, 2, "gradient of "+o.key), slope: o.slope}
	n, err := G.ApplyOp(d, in[0], grad)
	return G.Nodes{n}, err
}

// trainActivationGrad maps x and the gradient of the output to slope(x)·grad.
type trainActivationGrad struct {
	trainBase
	slope func(x float32) float32
	out   *tensor.Dense
}

func (o *trainActivationGrad) Type() hm.Type {
	a := hm.TypeVariable('a')
	return hm.NewFnType(a, a, a)
}

func (o *trainActivationGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	return o.firstShape(in)
}

func (o *trainActivationGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x", "gradient")
	if err != nil {
		return nil, err
	}
	if err := o.sameShape(ts...); err != nil {
		return nil, err
	}
	o.out = buffer(o.out, ts[0].Shape())
	rows, err := o.realOf(o.out, ts[0], ts[1])
	if err != nil {
		return nil, err
	}
	dst, src, grad := rows[0], rows[1], rows[2]
	o.share(len(src), valuesACall, func(from, to int) {
		for i, x := range src[from:to] {
			dst[from+i] = o.slope(x) * grad[from+i]
		}
	})
	return o.out, nil
}
