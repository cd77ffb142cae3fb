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
	kernel, bias = make([]float32, c.Inputs*c.Classes), make([]float32, c.Classes)
	kernelSeed, biasSeed := Hash(c.path+"/out/kernel"), Hash(c.path+"/out/bias")
	limit := math.Sqrt(6 / float64(c.Inputs+c.Classes))
	for i := range kernel {
		kernel[i] = float32(SignedUnit(kernelSeed, i) * limit)
	}
	for i := range bias {
		bias[i] = float32(0.125 * SignedUnit(biasSeed, i))
	}
	return kernel, bias
}

// Mask writes which values of the batch of a step, counted from 1, survive the
// dropout of that rate.
func (c TrainingCase) Mask(step uint64, rate float64, keep []bool) {
	seed := Hash(fmt.Sprintf("%s/mask0/%d", c.path, step))
	from := uint64(math.Ceil(rate * (1 << 24)))
	for i := range keep {
		keep[i] = Word(seed, i)>>40 >= from
	}
}
