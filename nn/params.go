package nn

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/layer"
)

// Params is where the numbers come from. Param returns the float32 tensor of
// that name, such as conv1_conv/kernel, in C order and of exactly that shape, or
// an error. The tensor is read only. Calls come from several goroutines, but
// one at a time, in no certain order. Package weights has implementations.
type Params interface {
	Param(name string, shape ...int) (*tensor.Dense, error)
}

// Weight describes one parameter tensor of a network.
type Weight struct {
	Name      string // Keras's path, such as conv1_conv/kernel
	Shape     []int  // Keras's layout
	Trainable bool   // false for moving statistics
}

// Weights lists the parameters that the outputs need, in the order of Keras's
// weight files.
func Weights(outputs ...*Node) ([]Weight, error) {
	roots, err := layersOf(outputs)
	if err != nil {
		return nil, err
	}
	var list []Weight
	for _, l := range layer.Ordered(roots...) {
		for _, w := range l.Weights {
			list = append(list, Weight{Name: w.Name, Shape: slices.Clone(w.Shape), Trainable: w.Trainable})
		}
	}
	return list, nil
}

// readParam asks p for one weight and checks what it returns, since p may be
// anybody's.
func readParam(p Params, w layer.Weight) (*tensor.Dense, error) {
	if p == nil {
		return nil, fmt.Errorf("nn: %s: no weights given", w.Name)
	}
	t, err := p.Param(w.Name, w.Shape...)
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	switch {
	case t == nil:
		return nil, fmt.Errorf("nn: %s: the weights' source returned nothing", w.Name)
	case t.Dtype() != tensor.Float32:
		return nil, fmt.Errorf("nn: %s: want float32, got %v", w.Name, t.Dtype())
	case !slices.Equal([]int(t.Shape()), w.Shape):
		return nil, fmt.Errorf("nn: %s: want shape %v, got %v", w.Name, w.Shape, t.Shape())
	case t.RequiresIterator() || t.DataOrder().IsColMajor():
		return nil, fmt.Errorf("nn: %s: want values in C order", w.Name)
	}
	return t, nil
}
