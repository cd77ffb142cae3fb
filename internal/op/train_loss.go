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
// over the real rows i, computed from the logits in float64, stable for any
// finite logits and without clipping, which is what Keras does for a softmax layer
// under this loss. A row of weight 0 takes no part, whatever it holds.
type TrainCrossEntropy struct {
	lossBase
	loss []float64 // by row, of the last forward pass
	soft []float64 // softmax of the logits of the last forward pass
}

// NewTrainCrossEntropy returns the loss. The id is unique within the graph.
func NewTrainCrossEntropy(id int, frame *TrainFrame) *TrainCrossEntropy {
	return &TrainCrossEntropy{lossBase: lossBase{newTrainBase(frame, 3, fmt.Sprintf("train.crossentropy#%d", id))}}
}

// lossBase is what the loss and its gradient share: their first three inputs.
type lossBase struct{ trainBase }

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
	if len(o.soft) < len(r.logits) {
		o.loss, o.soft = make([]float64, len(r.weights)), make([]float64, len(r.logits))
	}
	o.share(len(r.weights), rowsACall, func(from, to int) {
		for i := from; i < to; i++ {
			o.loss[i] = 0
			if r.weights[i] != 0 {
				z, t := r.row(i)
				o.loss[i] = softmaxLoss(o.soft[i*r.classes:(i+1)*r.classes], z, t)
			}
		}
	})
	sum := 0.0
	for i, w := range r.weights {
		sum += float64(w) * o.loss[i]
	}
	return G.NewF32(float32(sum)), nil
}

// softmaxLoss writes the softmax of the logits z and returns its cross-entropy
// with the targets.
func softmaxLoss(soft []float64, z, targets []float32) float64 {
	m := float64(z[0])
	for _, v := range z[1:] {
		m = max(m, float64(v))
	}
	sum := 0.0
	for k, v := range z {
		soft[k] = math.Exp(float64(v) - m)
		sum += soft[k]
	}
	loss, logSum, part := 0.0, math.Log(sum), 1/sum
	for k, v := range z {
		loss -= float64(targets[k]) * (float64(v) - m - logSum)
		soft[k] *= part
	}
	return loss
}

// DiffWRT says that the logits alone are differentiable.
func (o *TrainCrossEntropy) DiffWRT(int) []bool { return []bool{true, false, false} }

// SymDiff returns the node of the gradient of the logits:
// grad · weights[i] · (softmax(logits[i])·Σ_k targets[i, k] - targets[i]).
func (o *TrainCrossEntropy) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	d := &trainCrossEntropyGrad{lossBase: lossBase{newTrainBase(o.frame, 5, "gradient of "+o.key)}, forward: o}
	n, err := G.ApplyOp(d, in[0], in[1], in[2], grad, out)
	return G.Nodes{n, nil, nil}, err
}

// trainCrossEntropyGrad uses the softmax of the last forward pass. It takes the
// loss as its last input only so that the machine runs it after that.
type trainCrossEntropyGrad struct {
	lossBase
	forward *TrainCrossEntropy
	out     *tensor.Dense
}

func (o *trainCrossEntropyGrad) Type() hm.Type {
	m, v, a := lossTypes()
	return hm.NewFnType(m, m, v, a, a, m)
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
	if len(o.forward.soft) < len(r.logits) {
		return nil, fmt.Errorf("op: %s: no softmax of %d rows: the forward op has not run", o.key, len(r.weights))
	}
	o.out = buffer(o.out, in[0].Shape())
	dst := o.out.Float32s()
	o.share(len(r.weights), rowsACall, func(from, to int) {
		for i := from; i < to; i++ {
			d, w := dst[i*r.classes:(i+1)*r.classes], r.weights[i]
			if w == 0 {
				clear(d)
				continue
			}
			_, t := r.row(i)
			total := 0.0
			for _, v := range t {
				total += float64(v)
			}
			scale := float64(up) * float64(w)
			for k, p := range o.forward.soft[i*r.classes : (i+1)*r.classes] {
				d[k] = float32(scale * (p*total - float64(t[k])))
			}
		}
	})
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
	real, err := b.realOf(ts[0], ts[1], ts[2])
	if err != nil {
		return lossRows{}, err
	}
	return lossRows{real[0], real[1], real[2], ts[0].Shape()[1]}, nil
}
