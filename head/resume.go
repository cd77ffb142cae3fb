package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

const (
	checkpointFile   = "checkpoint.json"
	checkpointFormat = 2
	statePrefix      = "state-"
	maxCheckpoint    = 64 << 20 // bytes of checkpoint.json
)

// checkpointJSON is the content of checkpoint.json. The order of the rows and the
// dropout masks follow from the seed, which belongs to the setup, the epoch and
// the step.
type checkpointJSON struct {
	Format       int               `json:"format"`
	Setup        []setting         `json:"setup"` // rows, head and options
	Step         uint64            `json:"step"`
	Stopped      bool              `json:"stopped"`
	LearningRate float64           `json:"learning_rate"`
	History      []epochJSON       `json:"history"`
	Callbacks    []json.RawMessage `json:"callbacks"` // null for one without state
	State        string            `json:"state"`     // folder beside the file: weights, the optimiser's and the callbacks'
	Arrays       []arrayJSON       `json:"arrays"`    // in that folder
}

type arrayJSON struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

// epochJSON is an Epoch whose losses, which may be NaN, are bits.
type epochJSON struct {
	Loss         uint64  `json:"loss_bits"`
	Accuracy     float64 `json:"accuracy"`
	ValLoss      uint64  `json:"val_loss_bits"`
	ValAccuracy  uint64  `json:"val_accuracy_bits"`
	ValRows      int     `json:"val_rows"`
	LearningRate float64 `json:"learning_rate"`
}

// The parts of the state have these prefixes before the weights' names.
const (
	modelPrefix     = "model/"
	optimizerPrefix = "optimizer/"
)

func callbackPrefix(i int) string { return fmt.Sprintf("callback_%d/", i) }

// saveCheckpoint writes the state after an epoch. The arrays are complete on disk
// before checkpoint.json names them.
func (l *loop) saveCheckpoint() error {
	dir := l.training.Checkpoint
	if dir == "" {
		return nil
	}
	if err := l.writeCheckpoint(dir); err != nil {
		return fmt.Errorf("head: checkpoint %s: epoch %d: %w", dir, len(l.run.history), err)
	}
	l.saved = time.Now()
	return nil
}

func (l *loop) writeCheckpoint(dir string) error {
	state := l.run.trainer.State()
	c := checkpointJSON{
		Format: checkpointFormat, Setup: l.setup, Step: state.Step, Stopped: l.run.stopped, LearningRate: state.LearningRate,
		State: durable.Version(statePrefix, fmt.Sprintf("%016x", len(l.run.history))),
	}
	for _, e := range l.run.history {
		c.History = append(c.History, epochJSON{math.Float64bits(e.Loss), e.Accuracy, math.Float64bits(e.ValLoss),
			math.Float64bits(e.ValAccuracy), e.ValRows, e.LearningRate})
	}
	arrays := nn.Values{}
	add := func(prefix string, values nn.Values) {
		for name, v := range values {
			arrays[prefix+name] = v
		}
	}
	add(modelPrefix, l.run.trainer.Weights())
	add(optimizerPrefix, state.Slots)
	for i, w := range l.watchers {
		var s State
		if w, ok := w.(StateWatcher); ok {
			var err error
			if s, err = w.State(); err != nil {
				return fmt.Errorf("callback %d: %w", i, err)
			}
		}
		c.Callbacks = append(c.Callbacks, s.JSON)
		add(callbackPrefix(i), s.Weights)
	}
	m := weights.Manifest{Model: "checkpoint"}
	for name, v := range arrays {
		c.Arrays = append(c.Arrays, arrayJSON{name, slices.Clone([]int(v.Shape()))})
	}
	slices.SortFunc(c.Arrays, func(a, b arrayJSON) int { return strings.Compare(a.Name, b.Name) })
	for _, a := range c.Arrays {
		m.Parameters = append(m.Parameters, weights.Parameter{Name: a.Name, Shape: a.Shape})
	}
	if err := weights.Save(filepath.Join(dir, c.State), m, arrays); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(filepath.Join(dir, checkpointFile), append(text, '\n')); err != nil {
		return err
	}
	return durable.RemoveOthers(dir, statePrefix, c.State)
}

// openCheckpoint goes on from the state in the folder, if there is one.
func (l *loop) openCheckpoint() error {
	dir := l.training.Checkpoint
	if dir == "" {
		return nil
	}
	l.setup = l.settings()
	if err := removeTemporary(dir); err != nil {
		return fmt.Errorf("head: checkpoint %s: %w", dir, err)
	}
	c, err := readCheckpoint(os.DirFS(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = l.restore(dir, c)
	}
	if err != nil {
		return fmt.Errorf("head: checkpoint %s: %w", dir, err)
	}
	return nil
}

// removeTemporary removes what a killed program was writing.
func removeTemporary(dir string) error {
	var errs []error
	for _, pattern := range []string{"." + statePrefix + "*.tmp", "." + checkpointFile + ".*.tmp"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		errs = append(errs, err)
		for _, name := range names {
			errs = append(errs, os.RemoveAll(name))
		}
	}
	return errors.Join(errs...)
}

// CheckpointHistory returns the epochs of the training whose state is in the
// folder (see [Training.Checkpoint]); the error is fs.ErrNotExist if there is
// none.
func CheckpointHistory(fsys fs.FS) (History, error) {
	c, err := readCheckpoint(fsys)
	if err != nil {
		return nil, fmt.Errorf("head: checkpoint: %w", err)
	}
	return c.history(), nil
}

func readCheckpoint(fsys fs.FS) (checkpointJSON, error) {
	var c checkpointJSON
	if err := readJSON(fsys, checkpointFile, maxCheckpoint, &c); err != nil {
		return c, err
	}
	if c.Format != checkpointFormat {
		return c, fmt.Errorf("%s: format: want %d, got %d", checkpointFile, checkpointFormat, c.Format)
	}
	if !durable.IsVersion(statePrefix, c.State) {
		return c, fmt.Errorf("%s: state: want the name of a folder %s…, got %q", checkpointFile, statePrefix, c.State)
	}
	return c, nil
}

func (c checkpointJSON) history() History {
	var h History
	for i, e := range c.History {
		h = append(h, Epoch{N: i + 1, Loss: math.Float64frombits(e.Loss), Accuracy: e.Accuracy, ValLoss: math.Float64frombits(e.ValLoss),
			ValAccuracy: math.Float64frombits(e.ValAccuracy), ValRows: e.ValRows, LearningRate: e.LearningRate})
	}
	return h
}

func (l *loop) restore(dir string, c checkpointJSON) error {
	if err := sameSettings(c.Setup, l.setup); err != nil {
		return err
	}
	if len(c.Callbacks) != len(l.watchers) {
		return fmt.Errorf("want %d callbacks, got the states of %d", len(l.watchers), len(c.Callbacks))
	}
	store, err := weights.Dir(os.DirFS(filepath.Join(dir, c.State)))
	if err != nil {
		return fmt.Errorf("%s: %w", c.State, err)
	}
	read := func(prefix string) (nn.Values, error) {
		var values nn.Values
		for _, a := range c.Arrays {
			name, ok := strings.CutPrefix(a.Name, prefix)
			if !ok {
				continue
			}
			t, err := store.Param(a.Name, a.Shape...)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.State, err)
			}
			if values == nil {
				values = nn.Values{}
			}
			values[name] = tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(slices.Clone(t.Float32s())))
		}
		return values, nil
	}
	for i, w := range l.watchers {
		s, ok := w.(StateWatcher)
		if !ok {
			continue
		}
		kept, err := read(callbackPrefix(i))
		if err != nil {
			return err
		}
		if err := s.SetState(State{JSON: c.Callbacks[i], Weights: kept}); err != nil {
			return fmt.Errorf("callback %d: %w", i, err)
		}
	}
	slots, err := read(optimizerPrefix)
	if err != nil {
		return err
	}
	model, err := read(modelPrefix)
	if err != nil {
		return err
	}
	if err := l.run.trainer.SetState(nn.TrainerState{Step: c.Step, LearningRate: c.LearningRate, Slots: slots}); err != nil {
		return err
	}
	if err := l.run.SetWeights(model); err != nil {
		return err
	}
	l.run.history, l.run.stopped = c.history(), c.Stopped
	return nil
}
