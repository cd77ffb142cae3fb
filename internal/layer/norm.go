package layer

import (
	"fmt"
	"slices"
)

// BatchNormalization is Keras's BatchNormalization over the last axis.
type BatchNormalization struct {
	Epsilon  float64
	Momentum float64 // of the moving statistics, in training
}

// Class implements Op.
func (BatchNormalization) Class() string { return "BatchNormalization" }

// Infer implements Op.
func (o BatchNormalization) Infer(in [][]int) ([]int, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if !(o.Epsilon > 0) {
		return nil, fmt.Errorf("epsilon: want above 0, got %g", o.Epsilon)
	}
	return slices.Clone(s), nil
}

func (BatchNormalization) weights(in [][]int) []Weight {
	s := in[0][len(in[0])-1:]
	return []Weight{{"gamma", s, true}, {"beta", s, true}, {"moving_mean", s, false}, {"moving_variance", s, false}}
}
