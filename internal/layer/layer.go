// Package layer is a network's declaration as plain data: which layers there
// are, what feeds what, and the shapes and weights that follow. It holds no
// numbers and runs nothing. Package nn writes it, internal/plan reads it.
//
// Names and semantics are those of Keras. Shapes leave out the batch: a feature
// map is [H, W, C], a vector [D].
package layer

import (
	"fmt"
	"slices"
)

// Layer is one layer of a network with everything that is known statically.
type Layer struct {
	Name    string
	Op      Op
	In      []*Layer
	Shape   []int    // of the output, without the batch
	Weights []Weight // in Keras's order
}

// Weight is one parameter tensor of a layer.
type Weight struct {
	Name      string // Keras's path, such as conv1_conv/kernel
	Shape     []int  // Keras's layout: HWIO, HWCM for depthwise, [in, out] for dense
	Trainable bool   // false for moving statistics
}

// Len is the number of values in the weight.
func (w Weight) Len() int {
	n := 1
	for _, d := range w.Shape {
		n *= d
	}
	return n
}

// Op is what a layer does: one of the struct types of this package.
type Op interface {
	// Class is the name of the Keras class.
	Class() string
	// Infer returns the shape of the output for the shapes of the inputs.
	Infer(in [][]int) ([]int, error)
}

// weighted is implemented by the ops that have parameters.
type weighted interface {
	// weights returns the parameters with their names inside the layer.
	weights(in [][]int) []Weight
}

// New returns a layer with its shape and weights worked out.
func New(name string, op Op, in ...*Layer) (*Layer, error) {
	shapes := make([][]int, len(in))
	for i, l := range in {
		shapes[i] = l.Shape
	}
	shape, err := op.Infer(shapes)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", name, op.Class(), err)
	}
	l := &Layer{Name: name, Op: op, In: in, Shape: shape}
	if w, ok := op.(weighted); ok {
		l.Weights = w.weights(shapes)
		for i := range l.Weights {
			l.Weights[i].Name = name + "/" + l.Weights[i].Name
		}
	}
	return l, nil
}

// Input is where a network begins.
type Input struct{ Shape []int }

// Class implements Op.
func (Input) Class() string { return "InputLayer" }

// Infer implements Op.
func (o Input) Infer([][]int) ([]int, error) {
	if len(o.Shape) != 1 && len(o.Shape) != 3 {
		return nil, fmt.Errorf("shape %v: want [H, W, C] or [D]", o.Shape)
	}
	for _, d := range o.Shape {
		if d < 1 {
			return nil, fmt.Errorf("shape %v: every dimension must be at least 1", o.Shape)
		}
	}
	return slices.Clone(o.Shape), nil
}

// one returns the only input's shape.
func one(in [][]int) ([]int, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("want 1 input, got %d", len(in))
	}
	return in[0], nil
}

// oneMap returns height, width and channels of the only input, a feature map.
func oneMap(in [][]int) (h, w, c int, err error) {
	s, err := one(in)
	if err != nil {
		return 0, 0, 0, err
	}
	if len(s) != 3 {
		return 0, 0, 0, fmt.Errorf("want a feature map [H, W, C], got shape %v", s)
	}
	return s[0], s[1], s[2], nil
}
