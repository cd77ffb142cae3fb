package layer

import (
	"fmt"
	"slices"
)

// ZeroPadding2D is Keras's ZeroPadding2D: real zeros around a feature map.
type ZeroPadding2D struct{ Pad [4]int } // top, bottom, left, right

// Class implements Op.
func (ZeroPadding2D) Class() string { return "ZeroPadding2D" }

// Infer implements Op.
func (o ZeroPadding2D) Infer(in [][]int) ([]int, error) {
	h, w, c, err := oneMap(in)
	if err != nil {
		return nil, err
	}
	for _, n := range o.Pad {
		if n < 0 {
			return nil, fmt.Errorf("padding %v: want none below 0", o.Pad)
		}
	}
	return []int{h + o.Pad[0] + o.Pad[1], w + o.Pad[2] + o.Pad[3], c}, nil
}

// Flatten is Keras's Flatten: [H, W, C] → [H·W·C].
type Flatten struct{}

// Class implements Op.
func (Flatten) Class() string { return "Flatten" }

// Infer implements Op.
func (Flatten) Infer(in [][]int) ([]int, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range s {
		n *= d
	}
	return []int{n}, nil
}

// Dropout is Keras's Dropout; outside training it does nothing.
type Dropout struct{ Rate float64 }

// Class implements Op.
func (Dropout) Class() string { return "Dropout" }

// Infer implements Op.
func (o Dropout) Infer(in [][]int) ([]int, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if !(o.Rate >= 0 && o.Rate < 1) {
		return nil, fmt.Errorf("rate: want in [0, 1), got %g", o.Rate)
	}
	return slices.Clone(s), nil
}
