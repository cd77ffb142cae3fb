package nn

import (
	"fmt"
	"math"
)

// RMSprop is Hinton's optimiser as Keras computes it; the zero value has Keras's
// defaults:
//
//	v = Rho·v + (1 - Rho)·g²
//	step = LearningRate·g/√(v + Epsilon)             Epsilon inside the root
//	w -= step, or m = Momentum·m + step, w -= m
//
// Centered divides by √(v - a² + Epsilon) with a = Rho·a + (1 - Rho)·g.
type RMSprop struct {
	LearningRate float64 // 0 = 1e-3
	Rho          float64 // in (0, 1); 0 = 0.9
	Momentum     float64 // in [0, 1)
	Epsilon      float64 // 0 = 1e-7
	Centered     bool
	Clip         Clip
}

func (o RMSprop) newSolver() (*solver, error) {
	if o.Rho == 0 {
		o.Rho = 0.9
	}
	if o.Epsilon == 0 {
		o.Epsilon = 1e-7
	}
	rate, err := learningRate(o.LearningRate, 1e-3)
	switch {
	case err != nil:
	case !(o.Rho > 0 && o.Rho < 1):
		err = fmt.Errorf("rho: want a number in (0, 1), got %v", o.Rho)
	case !(o.Epsilon > 0):
		err = fmt.Errorf("epsilon: want above 0, got %v", o.Epsilon)
	default:
		if err = fraction("momentum", o.Momentum); err == nil {
			err = o.Clip.check()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("RMSprop: %w", err)
	}
	s := &solver{name: "RMSprop", rate: rate, clip: o.Clip, slots: []string{"velocity"}}
	if o.Momentum > 0 {
		s.slots = append(s.slots, "momentum")
	}
	if o.Centered {
		s.slots = append(s.slots, "average_gradient")
	}
	rho, take, epsilon, momentum := float32(o.Rho), float32(1-o.Rho), float32(o.Epsilon), float32(o.Momentum)
	s.begin = func(_ uint64, rate float32) update {
		return func(w, g []float32, slots [][]float32) {
			v := slots[0]
			for i, x := range g {
				v[i] = float32(rho*v[i]) + float32(take*float32(x*x))
				under := v[i] + epsilon
				if o.Centered {
					a := slots[len(slots)-1]
					a[i] = float32(rho*a[i]) + float32(take*x)
					under = v[i] - float32(a[i]*a[i]) + epsilon
				}
				step := float32(rate*x) / float32(math.Sqrt(float64(under)))
				if momentum > 0 {
					m := slots[1]
					m[i] = float32(momentum*m[i]) + step
					step = m[i]
				}
				w[i] -= step
			}
		}
	}
	return s, nil
}
