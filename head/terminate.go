package head

import "math"

// TerminateOnNaN ends the training within the epoch when the loss of a batch is
// NaN or infinite: Keras's callback of that name. That epoch counts as complete.
type TerminateOnNaN struct{}

// Begin implements [Callback].
func (TerminateOnNaN) Begin(r *Run) (Watcher, error) { return terminator{r}, nil }

type terminator struct{ run *Run }

func (terminator) StepBegin(int) error { return nil }

func (t terminator) StepEnd(_ int, loss float64) error {
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		t.run.Stop()
	}
	return nil
}

func (terminator) EpochEnd(Epoch) error { return nil }
func (terminator) End() error           { return nil }
