// Package fold reads the weights of a plan's steps and folds batch
// normalizations into them. It computes in float64 and rounds once.
package fold

import (
	"math"

	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// Weights returns the values of one weight in Keras's layout.
type Weights func(layer.Weight) ([]float32, error)

// Conv returns the weights and bias of a convolution with its normalization in
// them; bias is nil where it would be all zeros.
func Conv(op plan.Conv, weights Weights) (w, bias []float32, err error) {
	if w, bias, err = KernelAndBias(op.Layer, weights); err != nil || op.Norm == nil {
		return w, bias, err
	}
	scale, shift, err := norm(op.Norm, weights)
	if err != nil {
		return nil, nil, err
	}
	w, bias = fold(w, bias, scale, shift)
	return w, bias, nil
}

// KernelAndBias returns the weights of a convolution or dense layer; bias is nil
// where the layer has none.
func KernelAndBias(l *layer.Layer, weights Weights) (w, bias []float32, err error) {
	if w, err = weights(l.Weights[0]); err != nil {
		return nil, nil, err
	}
	if len(l.Weights) > 1 {
		if bias, err = weights(l.Weights[1]); err != nil {
			return nil, nil, err
		}
	}
	return w, bias, nil
}

// Norm returns a batch normalization as scale·x + shift.
func Norm(l *layer.Layer, weights Weights) (scale, shift []float32, err error) {
	a, b, err := norm(l, weights)
	return round(a), round(b), err
}

// norm is
//
//	scale = gamma/√(variance + epsilon), shift = beta − mean·scale
func norm(l *layer.Layer, weights Weights) (scale, shift []float64, err error) {
	var values [4][]float32 // gamma, beta, moving_mean, moving_variance
	for i, w := range l.Weights {
		if values[i], err = weights(w); err != nil {
			return nil, nil, err
		}
	}
	gamma, beta, mean, variance := values[0], values[1], values[2], values[3]
	epsilon := l.Op.(layer.BatchNormalization).Epsilon
	scale, shift = make([]float64, len(gamma)), make([]float64, len(gamma))
	for i := range gamma {
		scale[i] = float64(gamma[i]) / math.Sqrt(float64(variance[i])+epsilon)
		shift[i] = float64(beta[i]) - float64(mean[i])*scale[i]
	}
	return scale, shift, nil
}

// fold puts a normalization into the weights before it, whose outputs are the
// last axis.
func fold(w, bias []float32, scale, shift []float64) (foldedWeights, foldedBias []float32) {
	outputs := len(scale)
	foldedWeights = make([]float32, len(w))
	for i, v := range w {
		foldedWeights[i] = float32(float64(v) * scale[i%outputs])
	}
	foldedBias = make([]float32, outputs)
	for o := range foldedBias {
		b := 0.0
		if bias != nil {
			b = float64(bias[o])
		}
		foldedBias[o] = float32(b*scale[o] + shift[o])
	}
	return foldedWeights, foldedBias
}

func round(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
