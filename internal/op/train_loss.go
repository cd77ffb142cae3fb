package op

import (
	"fmt"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainCrossEntropy is softmax and categorical cross-entropy in one op:
//
//	logits [B, K], targets [B, K], weights [B] → Σ_i weights[i] · l_i
//	l_i = -Σ_k targets[i, k] · log softmax(logits[i])[k]
//
// computed from the logits in float64, stable for any finite logits and without
// clipping, which is what Keras does for a softmax layer under this loss. A row
// of weight 0 takes no part, whatever it holds: with weight 1/n for n real rows
// and 0 for the rest, a smaller last batch runs in the graph of the full one.
type TrainCrossEntropy struct{ lossBase }

// NewTrainCrossEntropy returns the loss. The id is unique within the graph.
func NewTrainCrossEntropy(id int) *TrainCrossEntropy {
	return &TrainCrossEntropy{lossBase{base{arity: 3, key: fmt.Sprintf("train.crossentropy#%d", id)}}}
}

// lossBase is what the loss and its gradient share: their first three inputs.
type lossBase struct{ base }

func lossTypes() (matrix, vector G.TensorType, scalar hm.Type) {
	a := hm.TypeVariable('a')
	return G.TensorType{Dims: 2, Of: a}, G.TensorType{Dims: 1, Of: a}, a
}

// Type is matrix → matrix → vector → scalar.
func (o *TrainCrossEntropy) Type() hm.Type {
	m, v, a := lossTypes()
	return hm.NewFnType(m, m, v, a)
}

// InferShape checks the shapes and returns that of a scalar.
func (o *TrainCrossEntropy) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	if err := o.check(shapes); err != nil {
		return nil, err
	}
	return tensor.ScalarShape(), nil
}

// check wants [B, K], [B, K] and [B].
func (b *lossBase) check(s []tensor.Shape) error {
	if len(s) < 3 || s[0].Dims() != 2 || !s[1].Eq(s[0]) || s[2].Dims() != 1 || s[2][0] != s[0][0] {
		return fmt.Errorf("op: %s: want logits [B, K], targets [B, K], weights [B], got %v", b.key, s)
	}
	return nil
}

// Do returns the weighted sum of the row losses.
func (o *TrainCrossEntropy) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	r, err := o.rows(in)
	if err != nil {
		return nil, err
	}
	loss := 0.0
	for i, w := range r.weights {
		if w == 0 {
			continue
		}
		z, t := r.row(i)
		m, sum := logSumExp(z)
		row := 0.0
		for k, v := range z {
			row -= float64(t[k]) * (float64(v) - m - sum)
		}
		loss += float64(w) * row
	}
	return G.NewF32(float32(loss)), nil
}

// DiffWRT says that the logits alone are differentiable.
func (o *TrainCrossEntropy) DiffWRT(int) []bool { return []bool{true, false, false} }

// SymDiff returns the node of the gradient of the logits:
// grad · weights[i] · (softmax(logits[i])·Σ_k targets[i, k] - targets[i]).
func (o *TrainCrossEntropy) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d := &trainCrossEntropyGrad{lossBase: lossBase{base{arity: 4, key: "gradient of " + o.key}}}
	n, err := G.ApplyOp(d, in[0], in[1], in[2], grad)
	return G.Nodes{n, nil, nil}, err
}

type trainCrossEntropyGrad struct {
	lossBase
	out *tensor.Dense
}

func (o *trainCrossEntropyGrad) Type() hm.Type {
	m, v, a := lossTypes()
	return hm.NewFnType(m, m, v, a, m)
}

func (o *trainCrossEntropyGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	if err := o.check(shapes); err != nil {
		return nil, err
	}
	return shapes[0].Clone(), nil
}

func (o *trainCrossEntropyGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	r, err := o.rows(in)
	if err != nil {
		return nil, err
	}
	up, ok := in[3].Data().(float32)
	if !ok {
		return nil, fmt.Errorf("op: %s: gradient: want a float32, got %T", o.key, in[3].Data())
	}
	o.out = buffer(o.out, tensor.Shape{len(r.weights), r.classes})
	dst := o.out.Float32s()
	for i, w := range r.weights {
		d := dst[i*r.classes : (i+1)*r.classes]
		if w == 0 {
			clear(d)
			continue
		}
		z, t := r.row(i)
		m, sum := logSumExp(z)
		total := 0.0
		for _, v := range t {
			total += float64(v)
		}
		scale := float64(up) * float64(w)
		for k, v := range z {
			d[k] = float32(scale * (math.Exp(float64(v)-m-sum)*total - float64(t[k])))
		}
	}
	return o.out, nil
}

// lossRows are the three inputs of the loss as slices.
type lossRows struct {
	logits, targets, weights []float32
	classes                  int
}

func (r lossRows) row(i int) (logits, targets []float32) {
	a, b := i*r.classes, (i+1)*r.classes
	return r.logits[a:b], r.targets[a:b]
}

func (b *lossBase) rows(in []G.Value) (lossRows, error) {
	ts, err := b.inputs(in, "logits", "targets", "weights")
	if err != nil {
		return lossRows{}, err
	}
	if err := b.check([]tensor.Shape{ts[0].Shape(), ts[1].Shape(), ts[2].Shape()}); err != nil {
		return lossRows{}, err
	}
	return lossRows{ts[0].Float32s(), ts[1].Float32s(), ts[2].Float32s(), ts[0].Shape()[1]}, nil
}

// logSumExp returns the largest logit m and log Σ_k exp(z[k]-m), so that
// log softmax(z)[k] = z[k] - m - sum.
func logSumExp(z []float32) (m, sum float64) {
	m = float64(z[0])
	for _, v := range z[1:] {
		m = max(m, float64(v))
	}
	for _, v := range z {
		sum += math.Exp(float64(v) - m)
	}
	return m, math.Log(sum)
}
