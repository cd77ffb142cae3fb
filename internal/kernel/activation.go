package kernel

import "math"

// ActivationKind names the function of an [Activation].
type ActivationKind uint8

// The activations. Linear, the zero value, leaves values as they are.
const (
	Linear  ActivationKind = iota
	ReLU                   // x for x > 0, NaN for NaN, else +0
	Sigmoid                // 1/(1+e^-x)
	Swish                  // x·sigmoid(x); NaN for -Inf, as in Keras
)

// Activation is a function that a kernel applies to the values it writes.
type Activation struct {
	Kind ActivationKind
	Max  float32 // ReLU: the highest value, 6 for ReLU6; 0: no limit
}

const (
	signBit      = 1 << 31
	infinityBits = 0x7F800000
)

// apply replaces every x by the activation of x. Sigmoid and Swish are computed
// in float64 and rounded once.
func (a Activation) apply(x []float32) {
	switch a.Kind {
	case ReLU:
		if a.Max > 0 {
			rectifyClipped(x, a.Max)
		} else {
			rectify(x)
		}
	case Sigmoid:
		for i, v := range x {
			x[i] = float32(sigmoid(float64(v)))
		}
	case Swish:
		for i, v := range x {
			x[i] = float32(float64(v) * sigmoid(float64(v)))
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// rectify works on the bits, where the values from -0 to -Inf are one range
// without the NaNs, because a comparison of floats is a branch that the signs of
// a feature map mispredict half of the time.
func rectify(x []float32) {
	for i, v := range x {
		u := math.Float32bits(v)
		if u-signBit <= infinityBits {
			u = 0
		}
		x[i] = math.Float32frombits(u)
	}
}

func rectifyClipped(x []float32, limit float32) {
	above := math.Float32bits(limit) + 1 // the bits of positive values grow with them
	for i, v := range x {
		u := math.Float32bits(v)
		if u-signBit <= infinityBits {
			u = 0
		}
		if u-above < infinityBits+1-above {
			u = above - 1
		}
		x[i] = math.Float32frombits(u)
	}
}
