package nn

import (
	"errors"
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

// Optimizer is a rule that turns gradients into steps: [Adam], [AdamW], [SGD] or
// [RMSprop]. All of them compute in float32 what Keras computes.
type Optimizer interface {
	// newSolver checks the options and returns the rule without state.
	newSolver() (*solver, error)
}

// Clip bounds gradients before the optimiser takes them, as Keras's clipnorm,
// global_clipnorm and clipvalue do. One of the three may be set; the zero value
// bounds nothing.
type Clip struct {
	Norm       float64 // of the gradient of each weight tensor by itself
	GlobalNorm float64 // of all gradients together
	Value      float64 // of each element, up and down
}

// solver is a gorgonia solver: an update rule with its state. The rate can change
// between steps and is kept as a float32, as Keras does. The nodes of every step
// must be the same, in the same order.
type solver struct {
	name  string
	rate  float32
	clip  Clip
	team  *kernel.Team
	slots []string // names of the tensors of state that each weight has

	// begin returns the update of one step, counted from 1, which is called for
	// parts of the weights w with their gradients g and slots. It must treat
	// every element by itself.
	begin func(step uint64, rate float32) update

	step  uint64
	state [][][]float32 // by weight, by slot
}

type update func(w, g []float32, slots [][]float32)

// updatesACall is how many values one call of the shared loop takes.
const updatesACall = 1 << 14

// Step implements gorgonia's Solver.
func (s *solver) Step(params []G.ValueGrad) error {
	weights, gradients := make([][]float32, len(params)), make([][]float32, len(params))
	for i, p := range params {
		var err error
		if weights[i], gradients[i], err = weightAndGradient(p); err != nil {
			return fmt.Errorf("nn: %s: weight %d: %w", s.name, i, err)
		}
	}
	if s.state == nil {
		s.state = s.freshState(weights)
	}
	if len(weights) != len(s.state) {
		return fmt.Errorf("nn: %s: want the %d weights of the step before, got %d", s.name, len(s.state), len(weights))
	}
	s.clip.apply(gradients)
	s.step++
	do := s.begin(s.step, s.rate)
	for i, w := range weights {
		g, state := gradients[i], s.state[i]
		s.team.For((len(w)+updatesACall-1)/updatesACall, func(_, part int) {
			from, to := part*updatesACall, min((part+1)*updatesACall, len(w))
			slots := make([][]float32, len(state))
			for j := range slots {
				slots[j] = state[j][from:to]
			}
			do(w[from:to], g[from:to], slots)
		})
	}
	return nil
}

func (s *solver) freshState(weights [][]float32) [][][]float32 {
	state := make([][][]float32, len(weights))
	for i, w := range weights {
		for range s.slots {
			state[i] = append(state[i], make([]float32, len(w)))
		}
	}
	return state
}

// apply bounds the gradients in place.
func (c Clip) apply(gradients [][]float32) {
	switch {
	case c.Norm > 0:
		for _, g := range gradients {
			shrink(float32(c.Norm)/max(norm(g), float32(c.Norm)), g)
		}
	case c.GlobalNorm > 0:
		shrink(float32(c.GlobalNorm)*min(1/norm(gradients...), 1/float32(c.GlobalNorm)), gradients...)
	case c.Value > 0:
		limit := float32(c.Value)
		for _, g := range gradients {
			for i, v := range g {
				g[i] = min(max(v, -limit), limit)
			}
		}
	}
}

// norm is the Euclidean norm of all values together.
func norm(vectors ...[]float32) float32 {
	sum := 0.0
	for _, v := range vectors {
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
	}
	return float32(math.Sqrt(sum))
}

func shrink(factor float32, vectors ...[]float32) {
	if factor == 1 {
		return
	}
	for _, v := range vectors {
		for i := range v {
			v[i] *= factor
		}
	}
}

func (c Clip) check() error {
	set := 0
	for _, v := range []float64{c.Norm, c.GlobalNorm, c.Value} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("clip: want a number from 0 (none) up, got %v", v)
		}
		if v > 0 {
			set++
		}
	}
	if set > 1 {
		return errors.New("clip: want one of Norm, GlobalNorm and Value, got several")
	}
	return nil
}

// learningRate is rate, or Keras's default where it is zero; it must be above
// zero and finite.
func learningRate(rate, zero float64) (float32, error) {
	if rate == 0 {
		rate = zero
	}
	if !(rate > 0) || math.IsInf(rate, 0) {
		return 0, fmt.Errorf("learning rate: want above 0, got %v", rate)
	}
	return float32(rate), nil
}

// fraction checks an option that must lie in [0, 1).
func fraction(name string, v float64) error {
	if !(v >= 0 && v < 1) {
		return fmt.Errorf("%s: want a number in [0, 1), got %v", name, v)
	}
	return nil
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
