package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/cairnml/cairn/nn"
)

// Callback takes part in trainings. A value holds options only and may be used
// for several trainings; Begin is called as each of them begins.
type Callback interface {
	Begin(*Run) (Watcher, error)
}

// Watcher is a callback's part in one training. An error ends the training. A
// watcher may also be an [EpochWatcher], a [StepWatcher] and a [StateWatcher].
type Watcher interface {
	// EpochEnd is called after each epoch, with the head holding its weights.
	EpochEnd(Epoch) error
	// End is called once when the training is over, for whatever reason.
	End() error
}

// EpochWatcher is a [Watcher] that is called before each epoch, n counting from 1.
type EpochWatcher interface {
	EpochBegin(n int) error
}

// StepWatcher is a [Watcher] that is called before and after each step of the
// optimiser. Steps count from 0 over all epochs; the loss is that of the batch
// before the step. Run.Stop within a step ends the epoch after it.
type StepWatcher interface {
	StepBegin(step int) error
	StepEnd(step int, loss float64) error
}

// StateWatcher is a [Watcher] whose state a checkpoint keeps (see
// [Training.Checkpoint]). A watcher without begins anew when a training resumes.
type StateWatcher interface {
	// State is asked for after EpochEnd.
	State() (State, error)
	// SetState is called once, before the first epoch.
	SetState(State) error
}

// State is the state of a watcher.
type State struct {
	JSON    json.RawMessage
	Weights nn.Values // may be nil; not changed by anybody
}

// Run is one training as its callbacks see it.
type Run struct {
	head      *Head
	trainer   *nn.Trainer
	history   History
	steps     int // an epoch
	epochs    int // at most
	stopped   bool
	scheduled bool
}

// Head returns the head that is trained. After an epoch it predicts, evaluates
// and saves with the weights of that epoch.
func (r *Run) Head() *Head { return r.head }

// History returns the complete epochs so far, with the one that is ending in
// EpochEnd, to be read only.
func (r *Run) History() History { return r.history }

// Epochs returns how many epochs there are at most, and StepsPerEpoch how many
// steps each of them has.
func (r *Run) Epochs() int { return r.epochs }

// StepsPerEpoch is described with Epochs.
func (r *Run) StepsPerEpoch() int { return r.steps }

// Stop ends the training after this epoch.
func (r *Run) Stop() { r.stopped = true }

// LearningRate returns the rate of the next step.
func (r *Run) LearningRate() float64 { return r.trainer.LearningRate() }

// SetLearningRate changes the rate, rounded to float32, for the steps to come. It
// is an error while a schedule decides the rate.
func (r *Run) SetLearningRate(rate float64) error {
	if r.scheduled {
		return errors.New("head: the learning rate is that of a schedule: nothing else may change it")
	}
	return r.trainer.SetLearningRate(rate)
}

// Weights returns the weights of the epoch that ended, to be read only. They
// stay what they are while the training goes on.
func (r *Run) Weights() nn.Values { return r.head.weights() }

// SetWeights replaces the weights.
func (r *Run) SetWeights(values nn.Values) error {
	if err := r.trainer.SetWeights(values); err != nil {
		return err
	}
	r.head.use(r.trainer.Weights())
	return nil
}

// Monitor names a figure of an epoch that a callback goes by.
type Monitor uint8

// The figures, by Keras's names val_loss, val_accuracy, loss and accuracy.
const (
	ValLoss Monitor = iota
	ValAccuracy
	Loss
	Accuracy
)

// Mode says what is better in a monitored figure.
type Mode uint8

// Auto is Min for losses and Max for accuracies.
const (
	Auto Mode = iota
	Min
	Max
)

// judge decides what is an improvement, as Keras does.
type judge struct {
	monitor Monitor
	lower   bool    // less is better
	delta   float64 // added to a value that must be less, subtracted from one that must be more
}

func newJudge(monitor Monitor, mode Mode, minDelta float64) (judge, error) {
	j := judge{monitor: monitor, delta: math.Abs(minDelta)}
	if monitor > Accuracy {
		return j, fmt.Errorf("monitor: want ValLoss, ValAccuracy, Loss or Accuracy, got %d", monitor)
	}
	if math.IsNaN(minDelta) {
		return j, fmt.Errorf("minimum delta: want a number, got %v", minDelta)
	}
	switch mode {
	case Auto:
		j.lower = monitor == ValLoss || monitor == Loss
	case Min:
		j.lower = true
	case Max:
	default:
		return j, fmt.Errorf("mode: want Auto, Min or Max, got %d", mode)
	}
	return j, nil
}

// value returns the monitored figure, unless the epoch has none.
func (j judge) value(e Epoch) (v float64, ok bool) {
	switch j.monitor {
	case ValLoss:
		return e.ValLoss, e.ValRows > 0
	case ValAccuracy:
		return e.ValAccuracy, e.ValRows > 0
	case Loss:
		return e.Loss, true
	default:
		return e.Accuracy, true
	}
}

// better says whether v improves on reference. The difference is taken in
// float64 but compared in float32: what float32 loses is no improvement. NaN is
// never better nor worse.
func (j judge) better(v, reference float64) bool {
	if j.lower {
		return float32(v+j.delta) < float32(reference)
	}
	return float32(v-j.delta) > float32(reference)
}

// record is the best value so far; the first is always one, even NaN.
type record struct {
	best float64
	set  bool
}

func (r *record) improve(j judge, v float64) bool {
	if r.set && !j.better(v, r.best) {
		return false
	}
	r.best, r.set = v, true
	return true
}

// recordJSON is a record in a checkpoint. The bits of best tell all NaN and
// infinities.
type recordJSON struct {
	Best uint64 `json:"best"`
	Set  bool   `json:"set"`
}

func (r record) json() recordJSON { return recordJSON{math.Float64bits(r.best), r.set} }

func (r *record) restore(j recordJSON) { r.best, r.set = math.Float64frombits(j.Best), j.Set }

// stateOf is a state without weights.
func stateOf(v any) (State, error) {
	text, err := json.Marshal(v)
	return State{JSON: text}, err
}
