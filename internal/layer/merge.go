package layer

import (
	"fmt"
	"slices"
)

// Add is Keras's Add: the sum of two or more inputs of one shape.
type Add struct{}

// Class implements Op.
func (Add) Class() string { return "Add" }

// Infer implements Op.
func (Add) Infer(in [][]int) ([]int, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("want at least 2 inputs, got %d", len(in))
	}
	for _, s := range in[1:] {
		if !slices.Equal(s, in[0]) {
			return nil, fmt.Errorf("inputs differ in shape: %v and %v", in[0], s)
		}
	}
	return slices.Clone(in[0]), nil
}

// Multiply is Keras's Multiply of two inputs, of one shape or a feature map
// [H, W, C] and a [1, 1, C] gate.
type Multiply struct{}

// Class implements Op.
func (Multiply) Class() string { return "Multiply" }

// Infer implements Op.
func (Multiply) Infer(in [][]int) ([]int, error) {
	if len(in) != 2 {
		return nil, fmt.Errorf("want 2 inputs, got %d", len(in))
	}
	a, b := in[0], in[1]
	gates := len(b) == 3 && len(a) == 3 && b[0] == 1 && b[1] == 1 && a[2] == b[2]
	if !slices.Equal(a, b) && !gates {
		return nil, fmt.Errorf("want two inputs of one shape, or [H, W, C] and [1, 1, C], got %v and %v", a, b)
	}
	return slices.Clone(a), nil
}

// Concatenate is Keras's Concatenate along the last axis.
type Concatenate struct{}

// Class implements Op.
func (Concatenate) Class() string { return "Concatenate" }

// Infer implements Op.
func (Concatenate) Infer(in [][]int) ([]int, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("want at least 2 inputs, got %d", len(in))
	}
	out := slices.Clone(in[0])
	last := len(out) - 1
	for _, s := range in[1:] {
		if len(s) != len(out) || !slices.Equal(s[:last], out[:last]) {
			return nil, fmt.Errorf("inputs differ in more than the last axis: %v and %v", in[0], s)
		}
		out[last] += s[last]
	}
	return out, nil
}
