package nn

import "fmt"

// SGD is gradient descent as Keras computes it; the zero value has Keras's
// defaults:
//
//	w -= LearningRate·g                                        without momentum
//	m = Momentum·m - LearningRate·g, w += m                    with momentum
//	m = Momentum·m - LearningRate·g, w += Momentum·m - LearningRate·g   Nesterov
type SGD struct {
	LearningRate float64 // 0 = 0.01
	Momentum     float64 // in [0, 1)
	Nesterov     bool    // only with momentum
	Clip         Clip
}

func (o SGD) newSolver() (*solver, error) {
	rate, err := learningRate(o.LearningRate, 0.01)
	if err == nil {
		err = fraction("momentum", o.Momentum)
	}
	if err == nil {
		err = o.Clip.check()
	}
	if err != nil {
		return nil, fmt.Errorf("SGD: %w", err)
	}
	s := &solver{name: "SGD", rate: rate, clip: o.Clip}
	if o.Momentum > 0 {
		s.slots = []string{"momentum"}
	}
	momentum := float32(o.Momentum)
	s.begin = func(_ uint64, rate float32) update {
		return func(w, g []float32, slots [][]float32) {
			if momentum == 0 {
				for i, v := range g {
					w[i] -= float32(rate * v)
				}
				return
			}
			m := slots[0]
			for i, v := range g {
				step := float32(rate * v)
				m[i] = float32(momentum*m[i]) - step
				if o.Nesterov {
					w[i] += float32(momentum*m[i]) - step
				} else {
					w[i] += m[i]
				}
			}
		}
	}
	return s, nil
}
