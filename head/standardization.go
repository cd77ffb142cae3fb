package head

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// Standardization takes the mean of each feature away and divides by its standard
// deviation, both those of the rows to fit. A head that was trained on
// standardized features takes it into its weights by [Head.Fold] and is saved as
// one for the features as they are.
type Standardization struct {
	Mean  []float64 // [width]
	Scale []float64 // [width], 1 / standard deviation; 0 for a feature that is constant
}

// Standardize measures the features of fit: the mean over the rows, and the
// deviation as NumPy's std, with the number of rows below the sum.
func Standardize(fit *data.Features) (Standardization, error) {
	if fit == nil {
		return Standardization{}, errors.New("head: standardize: no features")
	}
	if err := fit.Validate(); err != nil {
		return Standardization{}, fmt.Errorf("head: standardize: %w", err)
	}
	n := float64(fit.Len())
	s := Standardization{Mean: make([]float64, fit.Width), Scale: make([]float64, fit.Width)}
	for i := range fit.Len() {
		for j, v := range fit.Row(i) {
			s.Mean[j] += float64(v) / n
		}
	}
	for i := range fit.Len() {
		for j, v := range fit.Row(i) {
			d := float64(v) - s.Mean[j]
			s.Scale[j] += d * d / n
		}
	}
	for j, square := range s.Scale {
		if square > 0 {
			s.Scale[j] = 1 / math.Sqrt(square)
		}
	}
	return s, nil
}

// Apply returns a copy of f with (x - Mean)·Scale for each value x, computed in
// float64 and rounded to float32. It takes as much memory as the rows of f.
func (s Standardization) Apply(f *data.Features) (*data.Features, error) {
	if f == nil {
		return nil, errors.New("head: standardization: no features")
	}
	if f.Width != len(s.Mean) || f.Width != len(s.Scale) {
		return nil, fmt.Errorf("head: standardization: want features %d wide with a scale each, got features %d wide and %d scales", len(s.Mean), f.Width, len(s.Scale))
	}
	out := pick(f, nil)
	for i, v := range out.X {
		j := i % f.Width
		out.X[i] = float32((float64(v) - s.Mean[j]) * s.Scale[j])
	}
	return out, nil
}

// Fold returns the head for the features as they are that says what h says of
// standardized ones. The first Dense layer takes the standardization in: with the
// kernel w and the bias b of h it has the kernel float32(Scale[j]·w[j,k]) and the
// bias float32(b[k] - Σ_j Mean[j]·Scale[j]·w[j,k]), summed in float64 in the order
// of the features. Logits differ by the rounding of these weights. The temperature
// stays. It is an error for a head with Config.Layers, whose first layer may be
// another.
func (h *Head) Fold(s Standardization) (*Head, error) {
	c := h.config
	if c.Layers != nil {
		return nil, errors.New("head: fold: want a head that begins with a Dense layer, got one with Config.Layers")
	}
	if len(s.Mean) != c.Inputs || len(s.Scale) != c.Inputs {
		return nil, fmt.Errorf("head: fold: want %d means and scales, one a feature, got %d and %d", c.Inputs, len(s.Mean), len(s.Scale))
	}
	first := lastDense
	if len(c.Hidden) > 0 {
		first = hiddenDense(0)
	}
	folded, err := declare(c)
	if err != nil {
		return nil, err
	}
	values := nn.Values{}
	for name, v := range h.weights() {
		values[name] = v
	}
	oldKernel, oldBias := values[first+"/kernel"], values[first+"/bias"]
	kernel, shift := slices.Clone(oldKernel.Float32s()), make([]float64, oldBias.Shape()[0])
	units := len(shift)
	for i, w := range kernel {
		j := i / units
		v := s.Scale[j] * float64(w)
		kernel[i] = float32(v)
		shift[i%units] += s.Mean[j] * v
	}
	bias := slices.Clone(oldBias.Float32s())
	for k := range bias {
		bias[k] = float32(float64(bias[k]) - shift[k])
	}
	values[first+"/kernel"] = tensor.New(tensor.WithShape(oldKernel.Shape()...), tensor.WithBacking(kernel))
	values[first+"/bias"] = tensor.New(tensor.WithShape(units), tensor.WithBacking(bias))
	for _, list := range [][]float32{kernel, bias} {
		for _, v := range list {
			if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
				return nil, fmt.Errorf("head: fold: want finite weights, got %v: is a scale not finite, or does a feature hardly vary?", v)
			}
		}
	}
	folded.use(values)
	folded.temperature = h.Temperature()
	_, err = folded.compiled()
	return folded, err
}
