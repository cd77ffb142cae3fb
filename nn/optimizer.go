package nn

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Optimizer is a rule that turns gradients into steps: [Adam].
type Optimizer interface {
	// newSolver checks the options and returns the rule with a fresh state.
	newSolver() (solver, error)
}

// solver is a gorgonia solver whose learning rate can change between steps. The
// rate is kept as a float32, as Keras does. The nodes of every step must be the
// same, in the same order.
type solver interface {
	G.Solver
	learningRate() float32
	setLearningRate(rate float32)
}

// Adam is Kingma and Ba's optimiser (arXiv:1412.6980) exactly as Keras computes
// it; the zero value has Keras's defaults. With t counting steps from 1:
//
//	m += (g - m)·(1 - Beta1)
//	v += (g² - v)·(1 - Beta2)
//	w -= m·a/(√v + Epsilon)   where a = LearningRate·√(1 - Beta2^t)/(1 - Beta1^t)
//
// Epsilon stands outside the root and takes no part in the bias correction;
// gorgonia's own Adam differs there.
type Adam struct {
	LearningRate float64 // 0 = 1e-3
	Beta1        float64 // in (0, 1); 0 = 0.9
	Beta2        float64 // in (0, 1); 0 = 0.999
	Epsilon      float64 // 0 = 1e-7
}

func (a Adam) newSolver() (solver, error) {
	for _, d := range []struct {
		value *float64
		zero  float64
	}{{&a.LearningRate, 1e-3}, {&a.Beta1, 0.9}, {&a.Beta2, 0.999}, {&a.Epsilon, 1e-7}} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	switch {
	case !(a.LearningRate > 0) || math.IsInf(a.LearningRate, 0):
		return nil, fmt.Errorf("Adam: learning rate: want above 0, got %v", a.LearningRate)
	case !(a.Beta1 > 0 && a.Beta1 < 1):
		return nil, fmt.Errorf("Adam: Beta1: want a number in (0, 1), got %v", a.Beta1)
	case !(a.Beta2 > 0 && a.Beta2 < 1):
		return nil, fmt.Errorf("Adam: Beta2: want a number in (0, 1), got %v", a.Beta2)
	case !(a.Epsilon > 0):
		return nil, fmt.Errorf("Adam: epsilon: want above 0, got %v", a.Epsilon)
	}
	return &adam{
		rate: float32(a.LearningRate), epsilon: float32(a.Epsilon),
		keep1: float32(1 - a.Beta1), keep2: float32(1 - a.Beta2),
		beta1: float64(float32(a.Beta1)), beta2: float64(float32(a.Beta2)),
	}, nil
}

// adam is Adam with its state: step and moments.
type adam struct {
	rate, epsilon, keep1, keep2 float32
	// The powers are those of the float32 betas: 1-float32(0.999) is 4.7e-5
	// larger than 0.001, which shows in the first steps.
	beta1, beta2 float64
	step         int
	m, v         [][]float32
}

func (a *adam) learningRate() float32        { return a.rate }
func (a *adam) setLearningRate(rate float32) { a.rate = rate }

// Step implements gorgonia's Solver.
func (a *adam) Step(params []G.ValueGrad) error {
	if a.m == nil {
		a.m, a.v = make([][]float32, len(params)), make([][]float32, len(params))
	}
	if len(params) != len(a.m) {
		return fmt.Errorf("nn: Adam: want the %d weights of the step before, got %d", len(a.m), len(params))
	}
	a.step++
	t := float64(a.step)
	alpha := float32(float64(a.rate) * math.Sqrt(1-math.Pow(a.beta2, t)) / (1 - math.Pow(a.beta1, t)))
	for i, p := range params {
		w, g, err := weightAndGradient(p)
		if err != nil {
			return fmt.Errorf("nn: Adam: weight %d: %w", i, err)
		}
		if a.m[i] == nil {
			a.m[i], a.v[i] = make([]float32, len(w)), make([]float32, len(w))
		}
		a.update(w, g, a.m[i], a.v[i], alpha)
	}
	return nil
}

func (a *adam) update(w, g, m, v []float32, alpha float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for j, gj := range g {
		mj := m[j] + (gj-m[j])*a.keep1
		vj := v[j] + (gj*gj-v[j])*a.keep2
		m[j], v[j] = mj, vj
		w[j] -= mj * alpha / (float32(math.Sqrt(float64(vj))) + a.epsilon)
	}
}

// weightAndGradient returns the numbers of one weight and its gradient.
func weightAndGradient(p G.ValueGrad) (w, g []float32, err error) {
	grad, err := p.Grad()
	if err != nil {
		return nil, nil, err
	}
	wt, ok := p.Value().(*tensor.Dense)
	if !ok {
		return nil, nil, fmt.Errorf("want a dense tensor, got %T", p.Value())
	}
	gt, ok := grad.(*tensor.Dense)
	if !ok {
		return nil, nil, fmt.Errorf("gradient: want a dense tensor, got %T", grad)
	}
	if gt.RequiresIterator() || gt.DataOrder().IsColMajor() {
		return nil, nil, fmt.Errorf("gradient: want contiguous rows, got strides %v for shape %v", gt.Strides(), gt.Shape())
	}
	w, g = wt.Float32s(), gt.Float32s()
	if len(w) != len(g) {
		return nil, nil, fmt.Errorf("want a gradient of %d values, got %d", len(w), len(g))
	}
	return w, g, nil
}
