package head

import (
	"encoding/json"
	"fmt"
)

// ReduceLROnPlateau lowers the learning rate when a figure has stopped improving:
// Keras's callback of that name. The zero value has Keras's defaults.
type ReduceLROnPlateau struct {
	Monitor  Monitor
	Mode     Mode
	Factor   float64 // of the new rate, below 1; 0 = 0.1
	Patience int     // epochs without improvement after which to lower; 0 = 10
	MinDelta float64 // a smaller change is no improvement; 0 = 1e-4, below 0 = none
	Cooldown int     // epochs after a change that do not count
	MinLR    float64 // the rate never goes below
}

// Begin implements [Callback].
func (c ReduceLROnPlateau) Begin(r *Run) (Watcher, error) {
	if c.Factor == 0 {
		c.Factor = 0.1
	}
	if c.Patience == 0 {
		c.Patience = 10
	}
	if c.MinDelta == 0 {
		c.MinDelta = 1e-4
	}
	j, err := newJudge(c.Monitor, c.Mode, max(c.MinDelta, 0))
	switch {
	case err != nil:
	case !(c.Factor > 0 && c.Factor < 1):
		err = fmt.Errorf("factor: want a number between 0 and 1, got %v", c.Factor)
	case c.Patience < 0 || c.Cooldown < 0:
		err = fmt.Errorf("patience %d, cooldown %d: want 0 or more", c.Patience, c.Cooldown)
	case !(c.MinLR >= 0):
		err = fmt.Errorf("minimum rate: want 0 or more, got %v", c.MinLR)
	}
	if err != nil {
		return nil, fmt.Errorf("head: ReduceLROnPlateau: %w", err)
	}
	return &reducer{ReduceLROnPlateau: c, judge: j, run: r}, nil
}

type reducer struct {
	ReduceLROnPlateau
	judge judge
	run   *Run
	record
	wait    int
	cooling int
}

func (s *reducer) options() any { return s.ReduceLROnPlateau }

func (s *reducer) EpochEnd(e Epoch) error {
	v, ok := s.judge.value(e)
	if !ok {
		return nil
	}
	if s.cooling > 0 {
		s.cooling--
		s.wait = 0
	}
	if s.improve(s.judge, v) {
		s.wait = 0
		return nil
	}
	if s.cooling > 0 {
		return nil
	}
	s.wait++
	rate := s.run.LearningRate()
	if s.wait < s.Patience || !(float32(rate) > float32(s.MinLR)) {
		return nil
	}
	s.cooling, s.wait = s.Cooldown, 0
	return s.run.SetLearningRate(max(rate*s.Factor, s.MinLR))
}

func (s *reducer) End() error { return nil }

type reducerJSON struct {
	Record  recordJSON `json:"record"`
	Wait    int        `json:"wait"`
	Cooling int        `json:"cooling"`
}

// State implements [StateWatcher].
func (s *reducer) State() (State, error) {
	return stateOf(reducerJSON{s.record.json(), s.wait, s.cooling})
}

// SetState implements [StateWatcher].
func (s *reducer) SetState(state State) error {
	var j reducerJSON
	if err := json.Unmarshal(state.JSON, &j); err != nil {
		return fmt.Errorf("ReduceLROnPlateau: %w", err)
	}
	s.record.restore(j.Record)
	s.wait, s.cooling = j.Wait, j.Cooling
	return nil
}
