package op

import (
	"fmt"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainNorm is batch normalization over the last axis C, as Keras computes it:
//
//	x [B, …, C], gamma [1, C], beta [1, C] → gamma·(x - mean)/√(variance + epsilon) + beta
//
// In training, mean and variance are those of the real rows, the variance biased.
// In evaluations they are the moving statistics, which [TrainNorm.Move] changes.
// The gradient is that of training.
type TrainNorm struct {
	trainBase
	dims              int
	epsilon, momentum float64
	mean, variance    []float32 // moving
	batchMean         []float64 // of the last forward pass in training
	batchVariance     []float64
	y                 *tensor.Dense
}

// NewTrainNorm returns a normalization of tensors with that many dimensions, with
// the moving statistics, which are changed in place. The id is unique within the graph.
func NewTrainNorm(id int, frame *TrainFrame, dims int, epsilon, momentum float64, mean, variance []float32) *TrainNorm {
	return &TrainNorm{
		trainBase: newTrainBase(frame, 3, fmt.Sprintf("train.norm{%v %v}#%d", epsilon, momentum, id)),
		dims:      dims, epsilon: epsilon, momentum: momentum, mean: mean, variance: variance,
		batchMean: make([]float64, len(mean)), batchVariance: make([]float64, len(mean)),
	}
}

// Move takes the statistics of the last forward pass into the moving ones:
// moving·momentum + batch·(1 - momentum).
func (o *TrainNorm) Move() {
	keep, take := float32(o.momentum), float32(1-o.momentum)
	for c := range o.mean {
		o.mean[c] = float32(o.mean[c]*keep) + float32(float32(o.batchMean[c])*take)
		o.variance[c] = float32(o.variance[c]*keep) + float32(float32(o.batchVariance[c])*take)
	}
}

// Type is tensor → matrix → matrix → tensor.
func (o *TrainNorm) Type() hm.Type { return float32s(o.dims, 2, 2, o.dims) }

// float32s is the type of a function of float32 tensors with those numbers of
// dimensions, the last for the result.
func float32s(dims ...int) hm.Type {
	ts := make([]hm.Type, len(dims))
	for i, d := range dims {
		ts[i] = G.TensorType{Dims: d, Of: tensor.Float32}
	}
	return hm.NewFnType(ts...)
}

// InferShape checks the shapes and returns that of x.
func (o *TrainNorm) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	c := tensor.Shape{1, len(o.mean)}
	if x := shapes[0]; len(shapes) != 3 || x.Dims() < 2 || x[x.Dims()-1] != len(o.mean) || !shapes[1].Eq(c) || !shapes[2].Eq(c) {
		return nil, fmt.Errorf("op: %s: want x [B, …, %d], gamma and beta %v, got %v", o.key, len(o.mean), c, shapes)
	}
	return shapes[0].Clone(), nil
}

// Do normalizes.
func (o *TrainNorm) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x", "gamma", "beta")
	if err != nil {
		return nil, err
	}
	o.y = buffer(o.y, ts[0].Shape())
	rows, err := o.realOf(o.y, ts[0])
	if err != nil {
		return nil, err
	}
	y, x, gamma, beta := rows[0], rows[1], ts[1].Float32s(), ts[2].Float32s()
	channels := len(o.mean)
	scale, shift := make([]float64, channels), make([]float64, channels)
	if o.frame.Training {
		o.measure(x)
	}
	for c := range scale {
		mean, variance := float64(o.mean[c]), float64(o.variance[c])
		if o.frame.Training {
			mean, variance = o.batchMean[c], o.batchVariance[c]
		}
		scale[c] = float64(gamma[c]) / math.Sqrt(variance+o.epsilon)
		shift[c] = float64(beta[c]) - mean*scale[c]
	}
	for i := 0; i < len(x); i += channels {
		for c, v := range x[i : i+channels] {
			y[i+c] = float32(float64(v)*scale[c] + shift[c])
		}
	}
	return o.y, nil
}

// measure takes mean and biased variance of every channel.
func (o *TrainNorm) measure(x []float32) {
	channels := len(o.mean)
	n := float64(len(x) / channels)
	clear(o.batchMean)
	clear(o.batchVariance)
	for i := 0; i < len(x); i += channels {
		for c, v := range x[i : i+channels] {
			o.batchMean[c] += float64(v)
		}
	}
	for c := range o.batchMean {
		o.batchMean[c] /= n
	}
	for i := 0; i < len(x); i += channels {
		for c, v := range x[i : i+channels] {
			d := float64(v) - o.batchMean[c]
			o.batchVariance[c] += d * d
		}
	}
	for c := range o.batchVariance {
		o.batchVariance[c] /= n
	}
}

// DiffWRT says that all inputs are differentiable.
func (o *TrainNorm) DiffWRT(int) []bool { return []bool{true, true, true} }

// SymDiff returns the nodes of the gradients of x, gamma and beta.
func (o *TrainNorm) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	nodes := make(G.Nodes, 3)
	for i, of := range []string{"x", "gamma", "beta"} {
		d := &trainNormGrad{trainBase: newTrainBase(o.frame, 3, "gradient of "+of+" of "+o.key), of: of, forward: o}
		var err error
		if nodes[i], err = G.ApplyOp(d, in[0], in[1], grad); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// trainNormGrad maps x, gamma and the gradient of the output to one of the
// gradients. It uses the statistics of the last forward pass, which has run: the
// gradient of the output depends on it.
type trainNormGrad struct {
	trainBase
	of      string
	forward *TrainNorm
	d       *tensor.Dense
}

func (o *trainNormGrad) Type() hm.Type {
	if d := o.forward.dims; o.of == "x" {
		return float32s(d, 2, d, d)
	}
	return float32s(o.forward.dims, 2, o.forward.dims, 2)
}

func (o *trainNormGrad) InferShape(in ...G.DimSizer) (tensor.Shape, error) {
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	if len(shapes) != 3 || !shapes[2].Eq(shapes[0]) {
		return nil, fmt.Errorf("op: %s: want x, gamma and a gradient of the shape of x, got %v", o.key, shapes)
	}
	if o.of == "x" {
		return shapes[0].Clone(), nil
	}
	return shapes[1].Clone(), nil
}

func (o *trainNormGrad) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x", "gamma", "gradient")
	if err != nil {
		return nil, err
	}
	rows, err := o.realOf(ts[0], ts[2])
	if err != nil {
		return nil, err
	}
	x, dy := rows[0], rows[1]
	dgamma, dbeta := o.forward.sums(x, dy)
	if o.of != "x" {
		sums := dgamma
		if o.of == "beta" {
			sums = dbeta
		}
		o.d = buffer(o.d, ts[1].Shape())
		for c, v := range sums {
			o.d.Float32s()[c] = float32(v)
		}
		return o.d, nil
	}
	o.d = buffer(o.d, ts[0].Shape())
	dx, err := o.real(o.d)
	if err != nil {
		return nil, err
	}
	o.forward.inputGradient(dx, x, dy, ts[1].Float32s(), dgamma, dbeta)
	return o.d, nil
}

// sums returns, by channel, Σ dy·(x - mean)/√(variance + epsilon) and Σ dy.
func (o *TrainNorm) sums(x, dy []float32) (dgamma, dbeta []float64) {
	channels := len(o.mean)
	dgamma, dbeta = make([]float64, channels), make([]float64, channels)
	for i := 0; i < len(x); i += channels {
		for c, v := range x[i : i+channels] {
			d := float64(dy[i+c])
			dgamma[c] += d * (float64(v) - o.batchMean[c])
			dbeta[c] += d
		}
	}
	for c := range dgamma {
		dgamma[c] /= math.Sqrt(o.batchVariance[c] + o.epsilon)
	}
	return dgamma, dbeta
}

// inputGradient is gamma/√(variance + epsilon) · (dy - (dbeta + x̂·dgamma)/n) with
// the normalized x̂ and the number n of values in a channel.
func (o *TrainNorm) inputGradient(dx, x, dy, gamma []float32, dgamma, dbeta []float64) {
	channels := len(o.mean)
	n := float64(len(x) / channels)
	scale := make([]float64, channels)
	for c := range scale {
		scale[c] = 1 / math.Sqrt(o.batchVariance[c]+o.epsilon)
	}
	for i := 0; i < len(x); i += channels {
		for c, v := range x[i : i+channels] {
			normal := (float64(v) - o.batchMean[c]) * scale[c]
			dx[i+c] = float32(float64(gamma[c]) * scale[c] * (float64(dy[i+c]) - (dbeta[c]+normal*dgamma[c])/n))
		}
	}
}
