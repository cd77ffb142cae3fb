package nn

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/layer"
)

// Values are weights in memory by name.
type Values map[string]*tensor.Dense

// Param implements [Params].
func (v Values) Param(name string, shape ...int) (*tensor.Dense, error) {
	w, ok := v[name]
	if !ok {
		return nil, fmt.Errorf("%s: no weights of that name", name)
	}
	if !slices.Equal([]int(w.Shape()), shape) {
		return nil, fmt.Errorf("%s: want shape %v, got %v", name, shape, w.Shape())
	}
	return w, nil
}

// trainWeights are the weights of a trainer, which the graphs for training and
// for evaluation share.
type trainWeights struct {
	params Params // where they come from
	list   []*trainWeight
}

// trainWeight is one of them.
type trainWeight struct {
	layer.Weight
	values []float32
	l2     float64 // factor of the penalty
}

func newTrainWeights(params Params) *trainWeights { return &trainWeights{params: params} }

// take returns the weight, read from the source the first time.
func (t *trainWeights) take(w layer.Weight, l2 float64) (*trainWeight, error) {
	if known := t.named(w.Name); known != nil {
		return known, nil
	}
	value, err := readParam(t.params, w)
	if err != nil {
		return nil, err
	}
	own := &trainWeight{Weight: w, values: slices.Clone(value.Float32s()), l2: l2}
	t.list = append(t.list, own)
	return own, nil
}

func (t *trainWeights) named(name string) *trainWeight {
	for _, w := range t.list {
		if w.Name == name {
			return w
		}
	}
	return nil
}

// tensor returns values in the shape of the weight.
func (w *trainWeight) tensor(values []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(w.Shape...), tensor.WithBacking(values))
}

func (w *trainWeight) copied() *tensor.Dense { return w.tensor(slices.Clone(w.values)) }

// penalty is the sum of l2·Σw².
func (t *trainWeights) penalty() float64 {
	sum := 0.0
	for _, w := range t.list {
		if w.l2 == 0 {
			continue
		}
		squares := 0.0
		for _, v := range w.values {
			squares += float64(v) * float64(v)
		}
		sum += w.l2 * squares
	}
	return sum
}

// penalize adds the gradient of the penalty, 2·l2·w, to that of the loss.
func (t *trainWeights) penalize(nodes map[*trainWeight]*G.Node) error {
	for _, w := range t.list {
		if w.l2 == 0 {
			continue
		}
		_, g, err := weightAndGradient(nodes[w])
		if err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
		factor := float32(2 * w.l2)
		for i, v := range w.values {
			g[i] += float32(factor * v)
		}
	}
	return nil
}

// Penalty returns the L2 penalties of the weights as they are now, which are a
// part of the loss.
func (t *Trainer) Penalty() float64 { return t.weights.penalty() }

// Param returns a copy of a weight as it is now.
func (t *Trainer) Param(name string, shape ...int) (*tensor.Dense, error) {
	if w := t.weights.named(name); w != nil {
		return Values{name: w.copied()}.Param(name, shape...)
	}
	return Values{}.Param(name, shape...)
}

// Weights returns copies of all weights as they are now.
func (t *Trainer) Weights() Values {
	v := Values{}
	for _, w := range t.weights.list {
		v[w.Name] = w.copied()
	}
	return v
}

// SetWeights replaces all weights by those of params; the optimiser keeps its
// state. After an error the weights are as they were.
func (t *Trainer) SetWeights(params Params) error {
	read := make([]*tensor.Dense, len(t.weights.list))
	for i, w := range t.weights.list {
		var err error
		if read[i], err = readParam(params, w.Weight); err != nil {
			return err
		}
	}
	for i, w := range t.weights.list {
		copy(w.values, read[i].Float32s())
	}
	return nil
}

// TrainerState is what a trainer needs besides its weights to go on with the
// same bits: with it and the weights another trainer of the same network and
// configuration continues as if it were the same.
type TrainerState struct {
	Step         uint64 // steps taken; the dropout masks follow from it and the seed
	LearningRate float64
	Slots        Values // of the optimiser, named such as m/predictions/kernel
}

// State returns the state after the last step, as copies.
func (t *Trainer) State() TrainerState {
	s := TrainerState{Step: t.step, LearningRate: t.LearningRate(), Slots: Values{}}
	for i, w := range t.trainable() {
		for j, slot := range t.solver.slots {
			values := make([]float32, len(w.values))
			if t.solver.state != nil {
				copy(values, t.solver.state[i][j])
			}
			s.Slots[slot+"/"+w.Name] = w.tensor(values)
		}
	}
	return s
}

// SetState makes s the state. After an error the state is as it was.
func (t *Trainer) SetState(s TrainerState) error {
	state := make([][][]float32, len(t.trainable()))
	for i, w := range t.trainable() {
		for _, slot := range t.solver.slots {
			v, err := readParam(s.Slots, layer.Weight{Name: slot + "/" + w.Name, Shape: w.Shape})
			if err != nil {
				return fmt.Errorf("%w (state of the optimiser)", err)
			}
			state[i] = append(state[i], slices.Clone(v.Float32s()))
		}
	}
	if err := t.SetLearningRate(s.LearningRate); err != nil {
		return err
	}
	t.step, t.solver.step, t.solver.state = s.Step, s.Step, state
	return nil
}

// trainable returns the weights that the optimiser changes, in its order.
func (t *Trainer) trainable() []*trainWeight {
	var list []*trainWeight
	for _, w := range t.weights.list {
		if w.Trainable {
			list = append(list, w)
		}
	}
	return list
}
