package head

import (
	"encoding/json"
	"errors"
	"fmt"
)

// ModelCheckpoint saves the head after epochs: Keras's callback of that name. Of
// Dir and Save one must be given.
type ModelCheckpoint struct {
	Dir          string // folder for Head.Save, replaced at every save
	SaveBestOnly bool   // save only what improves; else every epoch
	Monitor      Monitor
	Mode         Mode

	// InitialThreshold is what the first save must improve on, with
	// SaveBestOnly; nil = nothing.
	InitialThreshold *float64

	// Save, where not nil, saves in place of Dir.
	Save func(Epoch, *Head) error
}

// Begin implements [Callback].
func (c ModelCheckpoint) Begin(r *Run) (Watcher, error) {
	j, err := newJudge(c.Monitor, c.Mode, 0)
	if err == nil && (c.Dir == "") == (c.Save == nil) {
		err = errors.New("want either Dir or Save")
	}
	if err != nil {
		return nil, fmt.Errorf("head: ModelCheckpoint: %w", err)
	}
	if c.Save == nil {
		c.Save = func(_ Epoch, h *Head) error { return h.Save(c.Dir) }
	}
	s := &checkpointer{ModelCheckpoint: c, judge: j, run: r}
	if c.InitialThreshold != nil {
		s.best, s.set = *c.InitialThreshold, true
	}
	return s, nil
}

type checkpointer struct {
	ModelCheckpoint
	judge judge
	run   *Run
	record
}

func (s *checkpointer) EpochEnd(e Epoch) error {
	// An epoch without the figure is saved, as Keras does.
	if v, ok := s.judge.value(e); ok && s.SaveBestOnly && !s.improve(s.judge, v) {
		return nil
	}
	if err := s.Save(e, s.run.head); err != nil {
		return fmt.Errorf("head: ModelCheckpoint: epoch %d: %w", e.N, err)
	}
	return nil
}

func (s *checkpointer) End() error { return nil }

// State implements [StateWatcher].
func (s *checkpointer) State() (State, error) { return stateOf(s.record.json()) }

// SetState implements [StateWatcher].
func (s *checkpointer) SetState(state State) error {
	var j recordJSON
	if err := json.Unmarshal(state.JSON, &j); err != nil {
		return fmt.Errorf("ModelCheckpoint: %w", err)
	}
	s.record.restore(j)
	return nil
}
