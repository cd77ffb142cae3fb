package layer

import "fmt"

// Conv2D is Keras's Conv2D: [H, W, C] → [H', W', Filters].
type Conv2D struct {
	Window
	Filters    int
	Groups     int
	Bias       bool
	Activation Activation
}

// Class implements Op.
func (Conv2D) Class() string { return "Conv2D" }

// Infer implements Op.
func (o Conv2D) Infer(in [][]int) ([]int, error) {
	h, w, c, err := oneMap(in)
	if err != nil {
		return nil, err
	}
	if o.Filters < 1 {
		return nil, fmt.Errorf("filters: want at least 1, got %d", o.Filters)
	}
	if o.Groups < 1 || c%o.Groups != 0 || o.Filters%o.Groups != 0 {
		return nil, fmt.Errorf("groups: want a divisor of %d channels and %d filters, got %d", c, o.Filters, o.Groups)
	}
	h, w, err = o.Out(h, w)
	if err != nil {
		return nil, err
	}
	return []int{h, w, o.Filters}, nil
}

func (o Conv2D) weights(in [][]int) []Weight {
	kernel := Weight{"kernel", []int{o.Size[0], o.Size[1], in[0][2] / o.Groups, o.Filters}, true}
	if !o.Bias {
		return []Weight{kernel}
	}
	return []Weight{kernel, {"bias", []int{o.Filters}, true}}
}

// DepthwiseConv2D is Keras's DepthwiseConv2D: [H, W, C] → [H', W', C·Multiplier].
type DepthwiseConv2D struct {
	Window
	Multiplier int
	Bias       bool
	Activation Activation
}

// Class implements Op.
func (DepthwiseConv2D) Class() string { return "DepthwiseConv2D" }

// Infer implements Op.
func (o DepthwiseConv2D) Infer(in [][]int) ([]int, error) {
	h, w, c, err := oneMap(in)
	if err != nil {
		return nil, err
	}
	if o.Multiplier < 1 {
		return nil, fmt.Errorf("depth multiplier: want at least 1, got %d", o.Multiplier)
	}
	h, w, err = o.Out(h, w)
	if err != nil {
		return nil, err
	}
	return []int{h, w, c * o.Multiplier}, nil
}

func (o DepthwiseConv2D) weights(in [][]int) []Weight {
	c := in[0][2]
	kernel := Weight{"kernel", []int{o.Size[0], o.Size[1], c, o.Multiplier}, true}
	if !o.Bias {
		return []Weight{kernel}
	}
	return []Weight{kernel, {"bias", []int{c * o.Multiplier}, true}}
}
