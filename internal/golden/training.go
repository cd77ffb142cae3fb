package golden

import (
	"fmt"
	"math"
)

// TrainingCase is the data of a recorded training: features around a mean for
// each class (README of the training cases, section 1).
type TrainingCase struct {
	Rows, Inputs, Classes int
	path                  string
	amplitude             float64
	relu                  bool
}

var trainingCases = map[string]TrainingCase{
	"small": {Rows: 300, Inputs: 20, Classes: 7, amplitude: 0.5},
	"large": {Rows: 1000, Inputs: 3072, Classes: 120, amplitude: 0.25, relu: true},
	"noisy": {Rows: 97, Inputs: 20, Classes: 7, amplitude: 0.25},
}

// Training returns the case of that name with the closed forms of seedName.
func Training(seedName, name string) TrainingCase {
	c := trainingCases[name]
	c.path = seedName + "/" + name
	return c
}

// Data returns the features [Rows, Inputs] and the labels.
func (c TrainingCase) Data() (x []float32, labels []int) {
	labelSeed, means, noise := Hash(c.path+"/labels"), Hash(c.path+"/means"), Hash(c.path+"/noise")
	labels, x = make([]int, c.Rows), make([]float32, c.Rows*c.Inputs)
	for i := range labels {
		labels[i] = int((Word(labelSeed, i) >> 32) % uint64(c.Classes))
		for d := range c.Inputs {
			v := c.amplitude*SignedUnit(means, labels[i]*c.Inputs+d) + SignedUnit(noise, i*c.Inputs+d)
			if c.relu {
				v = math.Max(0, v)
			}
			x[i*c.Inputs+d] = float32(v)
		}
	}
	return x, labels
}

// LinearHead returns the initial weights of the linear head: kernel [Inputs,
// Classes] and bias [Classes].
func (c TrainingCase) LinearHead() (kernel, bias []float32) {
	return c.kernel("out/kernel", c.Inputs, c.Classes), c.affine("out/bias", c.Classes, 0, 0.125)
}

// DeepUnits is the width of the hidden layer of the deep head.
const DeepUnits = 64

// DeepHead returns the initial weights of the deep head by Keras's names.
func (c TrainingCase) DeepHead() map[string][]float32 {
	ones := make([]float32, DeepUnits)
	for i := range ones {
		ones[i] = 1
	}
	return map[string][]float32{
		"hidden/kernel": c.kernel("hidden/kernel", c.Inputs, DeepUnits), "hidden/bias": c.affine("hidden/bias", DeepUnits, 0, 0.125),
		"bn/gamma": c.affine("bn/gamma", DeepUnits, 1, 0.25), "bn/beta": c.affine("bn/beta", DeepUnits, 0.25, 0.25),
		"bn/moving_mean": make([]float32, DeepUnits), "bn/moving_variance": ones,
		"out/kernel": c.kernel("out_deep/kernel", DeepUnits, c.Classes), "out/bias": c.affine("out_deep/bias", c.Classes, 0, 0.125),
	}
}

// kernel is uniform within Glorot's limit.
func (c TrainingCase) kernel(name string, in, out int) []float32 {
	v, seed, limit := make([]float32, in*out), Hash(c.path+"/"+name), math.Sqrt(6/float64(in+out))
	for i := range v {
		v[i] = float32(SignedUnit(seed, i) * limit)
	}
	return v
}

// affine is uniform within half of center.
func (c TrainingCase) affine(name string, n int, center, half float64) []float32 {
	v, seed := make([]float32, n), Hash(c.path+"/"+name)
	for i := range v {
		v[i] = float32(center + half*SignedUnit(seed, i))
	}
	return v
}

// SampleWeights are the weights of the rows in the cases that have them.
func (c TrainingCase) SampleWeights() []float32 { return c.affine("sample_weight", c.Rows, 1, 0.75) }

// ClassWeight is the weight of a class in the cases that have them.
func ClassWeight(class int) float64 { return 0.5 + 0.25*float64(class) }

// Mask writes which values of a row of the batch of a step, counted from 1,
// survive the dropout of that rate. The layer is 0 before the linear head, 1 in
// the deep one.
func (c TrainingCase) Mask(layer int, step uint64, rate float64, row int, keep []bool) {
	seed := Hash(fmt.Sprintf("%s/mask%d/%d", c.path, layer, step))
	from := uint64(math.Ceil(rate * (1 << 24)))
	for i := range keep {
		keep[i] = Word(seed, row*len(keep)+i)>>40 >= from
	}
}
