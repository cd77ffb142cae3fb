package head

import (
	"fmt"
	"math"
)

// TerminateOnNaN ends the training within the epoch when the loss of a batch is
// NaN or infinite: Keras's callback of that name. That epoch counts as complete,
// unless RaiseError makes it an error.
type TerminateOnNaN struct{ RaiseError bool }

// Begin implements [Callback].
func (c TerminateOnNaN) Begin(r *Run) (Watcher, error) { return terminator{c, r}, nil }

type terminator struct {
	TerminateOnNaN
	run *Run
}

func (terminator) StepBegin(int) error { return nil }

func (t terminator) StepEnd(step int, loss float64) error {
	if !math.IsNaN(loss) && !math.IsInf(loss, 0) {
		return nil
	}
	if t.RaiseError {
		return fmt.Errorf("TerminateOnNaN: step %d: want a finite loss, got %v", step, loss)
	}
	t.run.Stop()
	return nil
}

func (terminator) EpochEnd(Epoch) error { return nil }
func (terminator) End() error           { return nil }
