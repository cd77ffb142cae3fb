package nn

import (
	"fmt"
	"math"

	"github.com/cairnml/cairn/internal/kernel"
)

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
	AMSGrad      bool    // take the largest v so far (Reddi et al., arXiv:1904.09237)
	Clip         Clip
}

func (a Adam) newSolver() (*solver, error) { return a.decaying("Adam", 0) }

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter,
// arXiv:1711.05101) as in Keras: before the step of Adam, every weight, biases
// too, loses WeightDecay·LearningRate of itself.
type AdamW struct {
	Adam
	WeightDecay float64 // 0 = 0.004
}

func (a AdamW) newSolver() (*solver, error) {
	if a.WeightDecay == 0 {
		a.WeightDecay = 0.004
	}
	if !(a.WeightDecay > 0) || math.IsInf(a.WeightDecay, 0) {
		return nil, fmt.Errorf("AdamW: weight decay: want above 0, got %v", a.WeightDecay)
	}
	return a.decaying("AdamW", a.WeightDecay)
}

func (a Adam) decaying(name string, decay float64) (*solver, error) {
	for _, d := range []struct {
		value *float64
		zero  float64
	}{{&a.Beta1, 0.9}, {&a.Beta2, 0.999}, {&a.Epsilon, 1e-7}} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	rate, err := learningRate(a.LearningRate, 1e-3)
	switch {
	case err != nil:
	case !(a.Beta1 > 0 && a.Beta1 < 1):
		err = fmt.Errorf("Beta1: want a number in (0, 1), got %v", a.Beta1)
	case !(a.Beta2 > 0 && a.Beta2 < 1):
		err = fmt.Errorf("Beta2: want a number in (0, 1), got %v", a.Beta2)
	case !(a.Epsilon > 0):
		err = fmt.Errorf("epsilon: want above 0, got %v", a.Epsilon)
	default:
		err = a.Clip.check()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &solver{name: name, rate: rate, clip: a.Clip, slots: []string{"m", "v"}}
	if a.AMSGrad {
		s.slots = append(s.slots, "vhat")
	}
	// The powers are those of the float32 betas: 1-float32(0.999) is 4.7e-5
	// larger than 0.001, which shows in the first steps.
	beta1, beta2 := float64(float32(a.Beta1)), float64(float32(a.Beta2))
	s.begin = func(step uint64, rate float32) update {
		t := float64(step)
		u := kernel.AdamStep{
			Alpha: float32(float64(rate) * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))),
			Keep1: float32(1 - a.Beta1), Keep2: float32(1 - a.Beta2), Epsilon: float32(a.Epsilon),
		}
		return func(w, g []float32, slots [][]float32) {
			if decay != 0 {
				for i, v := range w {
					w[i] -= float32(float32(v*float32(decay)) * rate)
				}
			}
			if a.AMSGrad {
				amsgrad(u, w, g, slots[0], slots[1], slots[2])
			} else {
				u.Update(s.team.Implementation(), w, g, slots[0], slots[1])
			}
		}
	}
	return s, nil
}

// amsgrad is the step of Adam with the largest v so far in place of v.
func amsgrad(u kernel.AdamStep, w, g, m, v, vhat []float32) {
	for i, gi := range g {
		m[i] += float32((gi - m[i]) * u.Keep1)
		v[i] += float32((float32(gi*gi) - v[i]) * u.Keep2)
		vhat[i] = max(vhat[i], v[i])
		w[i] -= float32(m[i]*u.Alpha) / (float32(math.Sqrt(float64(vhat[i]))) + u.Epsilon)
	}
}
