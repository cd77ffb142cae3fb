package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainerConfig says how to train; the zero value is right for a head.
type TrainerConfig struct {
	Batch     int       // most rows in one step; 0 = 128
	Optimizer Optimizer // nil = Adam{}
	Seed      uint64    // of the dropout masks: same seed, same masks

	// masks, where not nil, decides which elements a dropout layer keeps.
	masks func(layer string, step uint64, keep []bool)
}

// Trainer trains a declared network for classification: softmax, categorical
// cross-entropy. It is not safe for concurrent use.
//
// A Trainer is a [Params]: [Compile] with it gives the model of the weights as
// they are at that moment.
type Trainer struct {
	graph   *trainGraph
	batch   int
	step    uint64
	machine G.VM
	solver  solver
	inputs  int // values in one row
	classes int
	x       *tensor.Dense // [batch, …inputs], rows beyond the real ones zero
	y       *tensor.Dense // [batch, classes]
	weight  *tensor.Dense // [batch], 1/n for the n real rows, else 0
}

// NewTrainer returns a trainer of the network that ends in the node
// probabilities, a softmax [K] behind dense layers, with the weights of params
// to begin with. It can train Dense, Dropout, Flatten and the activation
// functions; any other layer is an error that names it.
func NewTrainer(params Params, cfg TrainerConfig, probabilities *Node) (*Trainer, error) {
	outputs, err := layersOf([]*Node{probabilities})
	if err != nil {
		return nil, err
	}
	if cfg.Batch == 0 {
		cfg.Batch = 128
	}
	if cfg.Batch < 0 {
		return nil, fmt.Errorf("nn: batch: want above 0, got %d", cfg.Batch)
	}
	if cfg.Optimizer == nil {
		cfg.Optimizer = Adam{}
	}
	solver, err := cfg.Optimizer.newSolver()
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	graph, err := lowerForTraining(params, cfg, outputs[0])
	if err != nil {
		return nil, err
	}
	t := &Trainer{graph: graph, batch: cfg.Batch, solver: solver, machine: G.NewTapeMachine(graph.pruned)}
	t.x = zeros(graph.x.Shape()...)
	t.y = zeros(graph.y.Shape()...)
	t.weight = zeros(cfg.Batch)
	t.inputs, t.classes = t.x.Size()/cfg.Batch, t.y.Size()/cfg.Batch
	return t, nil
}

func zeros(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
}

// Step runs the rows x [n, inputs] with the targets [n, classes], one-hot or
// soft, through the network in training and changes the weights by one step of
// the optimiser. It returns the mean loss over the rows and how many of them had
// their largest logit where the target is largest (the first of equal ones),
// both from before the change. n is at most the batch of the configuration.
//
// After an error the weights are as they were.
func (t *Trainer) Step(ctx context.Context, x, targets []float32) (loss float64, correct int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	n := len(x) / t.inputs
	switch {
	case n == 0 || n > t.batch || n*t.inputs != len(x):
		return 0, 0, fmt.Errorf("nn: training step: want 1 to %d rows of %d inputs, got %d values", t.batch, t.inputs, len(x))
	case len(targets) != n*t.classes:
		return 0, 0, fmt.Errorf("nn: training step: want %d rows of %d targets, got %d values", n, t.classes, len(targets))
	}
	fill(t.x.Float32s(), x)
	fill(t.y.Float32s(), targets)
	for i, w := 0, t.weight.Float32s(); i < len(w); i++ {
		w[i] = 0
		if i < n {
			w[i] = 1 / float32(n)
		}
	}
	err = t.run(t.step+1, func(lossValue float32, logits []float32) error {
		loss = float64(lossValue)
		for i := range n {
			row := t.classes * i
			if argmax(logits[row:row+t.classes]) == argmax(targets[row:row+t.classes]) {
				correct++
			}
		}
		return t.solver.Step(G.NodesToValueGrads(t.graph.nodes()))
	})
	if err != nil {
		return 0, 0, err
	}
	t.step++
	return loss, correct, nil
}

// run is the whole protocol of the machine: bind the inputs, run, let use read
// the values, reset. Without the reset the next run would silently do nothing,
// and the values belong to the machine until then.
func (t *Trainer) run(step uint64, use func(loss float32, logits []float32) error) error {
	defer t.machine.Reset()
	for _, d := range t.graph.dropouts {
		d.SetStep(step)
	}
	if err := errors.Join(G.Let(t.graph.x, t.x), G.Let(t.graph.y, t.y), G.Let(t.graph.weight, t.weight)); err != nil {
		return fmt.Errorf("nn: training step %d: %w", step, err)
	}
	if err := t.machine.RunAll(); err != nil {
		return fmt.Errorf("nn: training step %d: %w", step, err)
	}
	loss, ok := t.graph.loss.Value().Data().(float32)
	logits, dense := t.graph.logits.Value().(*tensor.Dense)
	if !ok || !dense {
		return fmt.Errorf("nn: training step %d: the loss or the logits have no value", step)
	}
	return use(loss, logits.Float32s())
}

// LearningRate returns the rate of the next step.
func (t *Trainer) LearningRate() float64 { return float64(t.solver.learningRate()) }

// SetLearningRate changes the rate of the steps that follow. It is rounded to
// float32, as Keras does, and must be finite and not negative.
func (t *Trainer) SetLearningRate(rate float64) error {
	if !(rate >= 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("nn: learning rate: want a number from 0 up, got %v", rate)
	}
	t.solver.setLearningRate(float32(rate))
	return nil
}

// Param returns a copy of a weight as it is now.
func (t *Trainer) Param(name string, shape ...int) (*tensor.Dense, error) {
	for _, w := range t.graph.weights {
		if w.Name == name {
			return Values{name: w.copied()}.Param(name, shape...)
		}
	}
	return Values{}.Param(name, shape...)
}

// Weights returns copies of all weights as they are now.
func (t *Trainer) Weights() Values {
	v := Values{}
	for _, w := range t.graph.weights {
		v[w.Name] = w.copied()
	}
	return v
}

// SetWeights replaces all weights by those of params; the optimiser keeps its
// state. After an error the weights are as they were.
func (t *Trainer) SetWeights(params Params) error {
	read := make([]*tensor.Dense, len(t.graph.weights))
	for i, w := range t.graph.weights {
		var err error
		if read[i], err = readParam(params, w.Weight); err != nil {
			return err
		}
	}
	for i, w := range t.graph.weights {
		copy(w.values, read[i].Float32s())
	}
	return nil
}

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

// fill copies src to the front of dst and zeroes the rest.
func fill(dst, src []float32) { clear(dst[copy(dst, src):]) }

// argmax returns the place of the largest value, the first of equal ones.
func argmax(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

var _ Params = (*Trainer)(nil)
