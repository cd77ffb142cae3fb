package head

import (
	"encoding/json"
	"fmt"

	"github.com/cairnml/cairn/nn"
)

// EarlyStopping ends the training when a figure has stopped improving: Keras's
// callback of that name. The zero value has Keras's defaults.
type EarlyStopping struct {
	Monitor        Monitor
	Mode           Mode
	MinDelta       float64  // a smaller change is no improvement; the sign is ignored
	Patience       int      // epochs without improvement after which to stop; 0 is as 1
	Baseline       *float64 // the figure must beat it, too, for the patience to begin anew; nil = none
	StartFromEpoch int      // epochs at the beginning that do not count

	// RestoreBestWeights puts the weights of the best epoch back when the
	// training is over, whether or not it was stopped early. The weights of the
	// first epoch are kept in any case.
	RestoreBestWeights bool
}

// Begin implements [Callback].
func (c EarlyStopping) Begin(r *Run) (Watcher, error) {
	j, err := newJudge(c.Monitor, c.Mode, c.MinDelta)
	if err == nil && (c.Patience < 0 || c.StartFromEpoch < 0) {
		err = fmt.Errorf("patience %d, start from epoch %d: want 0 or more", c.Patience, c.StartFromEpoch)
	}
	if err != nil {
		return nil, fmt.Errorf("head: EarlyStopping: %w", err)
	}
	return &stopper{EarlyStopping: c, judge: j, run: r}, nil
}

type stopper struct {
	EarlyStopping
	judge judge
	run   *Run
	record
	wait      int
	kept      nn.Values
	bestEpoch int // N of the epoch of the kept weights or the best value
	stoppedAt int // N, 0 = not stopped
}

func (s *stopper) options() any { return s.EarlyStopping }

func (s *stopper) EpochEnd(e Epoch) error {
	v, ok := s.judge.value(e)
	if !ok || e.N <= s.StartFromEpoch {
		return nil
	}
	if s.RestoreBestWeights && s.kept == nil {
		s.kept, s.bestEpoch = s.run.Weights(), e.N
	}
	s.wait++
	if s.improve(s.judge, v) {
		s.bestEpoch = e.N
		if s.RestoreBestWeights {
			s.kept = s.run.Weights()
		}
		if s.Baseline == nil || s.judge.better(v, *s.Baseline) {
			s.wait = 0
		}
		return nil
	}
	if s.wait >= s.Patience {
		s.stoppedAt = e.N
		s.run.Stop()
	}
	return nil
}

func (s *stopper) End() error {
	if s.kept == nil {
		return nil
	}
	return s.run.SetWeights(s.kept)
}

type stopperJSON struct {
	Record    recordJSON `json:"record"`
	Wait      int        `json:"wait"`
	BestEpoch int        `json:"best_epoch"`
	StoppedAt int        `json:"stopped_at"`
}

// State implements [StateWatcher].
func (s *stopper) State() (State, error) {
	state, err := stateOf(stopperJSON{s.record.json(), s.wait, s.bestEpoch, s.stoppedAt})
	state.Weights = s.kept
	return state, err
}

// SetState implements [StateWatcher].
func (s *stopper) SetState(state State) error {
	var j stopperJSON
	if err := json.Unmarshal(state.JSON, &j); err != nil {
		return fmt.Errorf("EarlyStopping: %w", err)
	}
	s.record.restore(j.Record)
	s.wait, s.bestEpoch, s.stoppedAt, s.kept = j.Wait, j.BestEpoch, j.StoppedAt, state.Weights
	return nil
}
