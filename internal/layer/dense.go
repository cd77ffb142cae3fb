package layer

import (
	"fmt"
	"math"
)

// Dense is Keras's Dense on a vector: [D] → [Units].
type Dense struct {
	Units      int
	NoBias     bool
	Activation Activation
	L2         float64 // of the penalty on the kernel, in training
}

// Class implements Op.
func (Dense) Class() string { return "Dense" }

// Infer implements Op.
func (o Dense) Infer(in [][]int) ([]int, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if len(s) != 1 {
		return nil, fmt.Errorf("want a vector [D], got shape %v: pool or flatten it first", s)
	}
	if o.Units < 1 {
		return nil, fmt.Errorf("units: want at least 1, got %d", o.Units)
	}
	if !(o.L2 >= 0) || math.IsInf(o.L2, 0) {
		return nil, fmt.Errorf("L2: want 0 (none) or above, got %v", o.L2)
	}
	return []int{o.Units}, nil
}

func (o Dense) weights(in [][]int) []Weight {
	kernel := Weight{"kernel", []int{in[0][0], o.Units}, true}
	if o.NoBias {
		return []Weight{kernel}
	}
	return []Weight{kernel, {"bias", []int{o.Units}, true}}
}
