package nn

import (
	"context"
	"errors"
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/op"
)

// TrainerConfig says how to train; the zero value is right for a head.
type TrainerConfig struct {
	Batch          int       // most rows in one step; 0 = 128
	Optimizer      Optimizer // nil = Adam{}
	Seed           uint64    // of the dropout masks: same seed, same masks
	LabelSmoothing float64   // a in [0, 1): targets t become t·(1-a) + a/classes
	Threads        int       // cores that a step uses; 0 = GOMAXPROCS

	// masks, where not nil, decides which elements of a row of the batch a
	// dropout layer keeps.
	masks func(layer string, step uint64, row int, keep []bool)
}

// Trainer trains a declared network for classification: softmax, categorical
// cross-entropy. It is not safe for concurrent use. Its worker threads end with
// Close, or when it is no longer reachable.
//
// A Trainer is a [Params]: [Compile] with it gives the model of the weights as
// they are at that moment.
type Trainer struct {
	cfg     TrainerConfig
	weights *trainWeights
	team    *kernel.Team
	solver  *solver
	graph   *trainGraph
	machine G.VM
	judge   *judge // nil until first used
	output  *Node
	step    uint64
	inputs  int // values in one row
	classes int
	x       *tensor.Dense // [batch, …inputs]; rows beyond the real ones hold anything
	y       *tensor.Dense // [batch, classes]
	weight  *tensor.Dense // [batch]
}

// NewTrainer returns a trainer of the network that ends in the node
// probabilities, a softmax [K] behind dense layers, with the weights of params
// to begin with. It can train Dense, BatchNormalization, Dropout, Add,
// Concatenate, Flatten and the activation functions; any other layer is an error
// that names it.
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
	if err := fraction("label smoothing", cfg.LabelSmoothing); err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	t := &Trainer{cfg: cfg, output: probabilities, weights: newTrainWeights(params)}
	if t.solver, err = cfg.Optimizer.newSolver(); err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	if t.team, err = kernel.NewTeam(kernel.TeamConfig{Threads: cfg.Threads}); err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	t.solver.team = t.team
	frame := &op.TrainFrame{Team: t.team, Training: true}
	if t.graph, t.machine, err = lowerForTraining(t.weights, cfg, frame, outputs[0]); err != nil {
		t.team.Close()
		return nil, err
	}
	t.x, t.y, t.weight = zeros(t.graph.x.Shape()...), zeros(t.graph.y.Shape()...), zeros(cfg.Batch)
	t.inputs, t.classes = t.x.Size()/cfg.Batch, t.y.Size()/cfg.Batch
	return t, nil
}

func zeros(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
}

// Close ends the worker threads. The trainer must not be used afterwards.
func (t *Trainer) Close() error {
	t.team.Close()
	err := t.machine.Close()
	if t.judge != nil {
		err = errors.Join(err, t.judge.machine.Close())
	}
	if err != nil {
		return fmt.Errorf("nn: closing the trainer: %w", err)
	}
	return nil
}

// Batch is the rows of one training step. Either Labels or Targets say what they
// are.
type Batch struct {
	X       [][]float32 // rows of as many values as the network has inputs
	Labels  []int       // class of each row
	Targets []float32   // [len(X), classes], one-hot or soft
	Weights []float32   // of the rows' losses; nil = 1 each
}

// StepResult is what a batch came to before the weights changed.
type StepResult struct {
	Loss    float64 // Σ weight·loss over the rows, divided by their number, and the L2 penalties
	Correct int     // rows whose largest logit is where the target is largest, the first of equal ones
}

// Step runs the batch, of at most the configured size, through the network in
// training and changes the weights by one step of the optimiser. After an error
// the weights are as they were.
func (t *Trainer) Step(ctx context.Context, b Batch) (StepResult, error) {
	if err := ctx.Err(); err != nil {
		return StepResult{}, err
	}
	if err := t.check(b); err != nil {
		return StepResult{}, fmt.Errorf("nn: training step: %w", err)
	}
	t.gather(t.x, b.X)
	t.setTargets(b)
	var r StepResult
	err := t.run(t.step+1, len(b.X), func(loss float32, logits []float32) error {
		r.Loss = float64(loss) + t.weights.penalty()
		for i := range b.X {
			row := t.classes * i
			if argmax(logits[row:row+t.classes]) == argmax(t.y.Float32s()[row:row+t.classes]) {
				r.Correct++
			}
		}
		if err := t.weights.penalize(t.graph.nodes); err != nil {
			return err
		}
		return t.solver.Step(G.NodesToValueGrads(t.graph.trainable()))
	})
	if err != nil {
		return StepResult{}, fmt.Errorf("nn: training step %d: %w", t.step+1, err)
	}
	for _, n := range t.graph.norms {
		n.Move()
	}
	t.step++
	return r, nil
}

func (t *Trainer) check(b Batch) error {
	n := len(b.X)
	if n == 0 || n > t.cfg.Batch {
		return fmt.Errorf("want 1 to %d rows, got %d", t.cfg.Batch, n)
	}
	if err := t.checkRows(b.X); err != nil {
		return err
	}
	switch {
	case (b.Labels == nil) == (b.Targets == nil):
		return errors.New("want either labels or targets")
	case b.Labels != nil && len(b.Labels) != n:
		return fmt.Errorf("want %d labels, got %d", n, len(b.Labels))
	case b.Targets != nil && len(b.Targets) != n*t.classes:
		return fmt.Errorf("want %d rows of %d targets, got %d values", n, t.classes, len(b.Targets))
	case b.Weights != nil && len(b.Weights) != n:
		return fmt.Errorf("want %d weights, got %d", n, len(b.Weights))
	}
	for i, l := range b.Labels {
		if l < 0 || l >= t.classes {
			return fmt.Errorf("row %d: want a label from 0 to %d, got %d", i, t.classes-1, l)
		}
	}
	return nil
}

func (t *Trainer) checkRows(x [][]float32) error {
	for i, row := range x {
		if len(row) != t.inputs {
			return fmt.Errorf("row %d: want %d inputs, got %d", i, t.inputs, len(row))
		}
	}
	return nil
}

// rowsAGather is how many rows one call copies.
const rowsAGather = 8

// gather copies rows one behind the other.
func (t *Trainer) gather(dst *tensor.Dense, x [][]float32) {
	to := dst.Float32s()
	t.team.For((len(x)+rowsAGather-1)/rowsAGather, func(_, part int) {
		for i := part * rowsAGather; i < min((part+1)*rowsAGather, len(x)); i++ {
			copy(to[i*t.inputs:], x[i])
		}
	})
}

// setTargets writes the smoothed targets and the weights of the batch's rows.
func (t *Trainer) setTargets(b Batch) {
	y, w := t.y.Float32s(), t.weight.Float32s()
	a := t.cfg.LabelSmoothing
	off, on := float32(a/float64(t.classes)), float32(1-a+a/float64(t.classes))
	for i := range b.X {
		w[i] = 1 / float32(len(b.X))
		if b.Weights != nil {
			w[i] = b.Weights[i] / float32(len(b.X))
		}
		row := y[i*t.classes : (i+1)*t.classes]
		if b.Labels == nil {
			for k, v := range b.Targets[i*t.classes : (i+1)*t.classes] {
				row[k] = float32(float64(v)*(1-a) + a/float64(t.classes))
			}
			continue
		}
		for k := range row {
			row[k] = off
		}
		row[b.Labels[i]] = on
	}
}

// run is the whole protocol of the machine: bind the inputs, run, let use read
// the values, reset. Without the reset the next run would silently do nothing,
// and the values belong to the machine until then.
func (t *Trainer) run(step uint64, rows int, use func(loss float32, logits []float32) error) error {
	defer t.machine.Reset()
	t.graph.frame.Step, t.graph.frame.Rows = step, rows
	if err := errors.Join(G.Let(t.graph.x, t.x), G.Let(t.graph.y, t.y), G.Let(t.graph.weight, t.weight)); err != nil {
		return err
	}
	if err := t.machine.RunAll(); err != nil {
		return err
	}
	loss, ok := t.graph.loss.Value().Data().(float32)
	logits, dense := t.graph.logits.Value().(*tensor.Dense)
	if !ok || !dense {
		return errors.New("the loss or the logits have no value")
	}
	return use(loss, logits.Float32s())
}

// LearningRate returns the rate of the next step.
func (t *Trainer) LearningRate() float64 { return float64(t.solver.rate) }

// SetLearningRate changes the rate of the steps that follow. It is rounded to
// float32, as Keras does, and must be finite and not negative.
func (t *Trainer) SetLearningRate(rate float64) error {
	if !(rate >= 0) || math.IsInf(rate, 0) {
		return fmt.Errorf("nn: learning rate: want a number from 0 up, got %v", rate)
	}
	t.solver.rate = float32(rate)
	return nil
}

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
