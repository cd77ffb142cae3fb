package layer

import (
	"fmt"
	"slices"
)

// Function is an activation function.
type Function uint8

// The activation functions.
const (
	Linear Function = iota
	ReLU
	Sigmoid
	Swish
	Softmax // over the last axis
)

var functionNames = [...]string{"linear", "relu", "sigmoid", "swish", "softmax"}

// String is Keras's name of the function.
func (f Function) String() string { return functionNames[f] }

// Activation is an activation function with its parameter; the zero value is
// linear, that is, none.
type Activation struct {
	Function Function
	Max      float32 // of ReLU; 0 is none
}

// Activate is Keras's Activation, ReLU or Softmax layer.
type Activate struct {
	Activation
	Keras string // the class
}

// Class implements Op.
func (o Activate) Class() string { return o.Keras }

// Infer implements Op.
func (o Activate) Infer(in [][]int) ([]int, error) {
	s, err := one(in)
	if err != nil {
		return nil, err
	}
	if o.Max < 0 {
		return nil, fmt.Errorf("maximum: want 0 (none) or above, got %g", o.Max)
	}
	return slices.Clone(s), nil
}

// MarshalText implements encoding.TextMarshaler.
func (f Function) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Function) UnmarshalText(text []byte) error {
	i := slices.Index(functionNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("activation: want one of %v, got %q", functionNames, text)
	}
	*f = Function(i)
	return nil
}
