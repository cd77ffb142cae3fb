package main

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/cupwriter"

	"github.com/cairnml/cairn/head"
)

// epochs prints a line of figures after each epoch, and on a terminal, for the
// time of an epoch, a line that says how far it is.
type epochs struct {
	out     io.Writer
	live    *cupwriter.Writer // nil where there is no terminal
	every   time.Duration     // between its changes
	history head.History
	printed int // epochs

	run   *head.Run
	begin time.Time // of the training
	first int       // step of it
	last  time.Time // change of the line
	sum   float64   // of the losses of the steps of the epoch
}

// newEpochs goes on after the epochs of a history.
func newEpochs(out, status io.Writer, history head.History) *epochs {
	s := &epochs{out: out, every: drawEvery, history: history}
	if live := cupwriter.New(status, false); live.IsTerminal() {
		s.live = live
	}
	return s
}

// Begin implements [head.Callback].
func (s *epochs) Begin(r *head.Run) (head.Watcher, error) {
	s.run, s.begin, s.first = r, time.Now(), len(s.history)*r.StepsPerEpoch()
	return s, nil
}

// StepBegin implements [head.StepWatcher].
func (s *epochs) StepBegin(int) error { return nil }

// StepEnd implements [head.StepWatcher].
func (s *epochs) StepEnd(step int, loss float64) error {
	per := s.run.StepsPerEpoch()
	if step%per == 0 {
		s.sum = 0
	}
	s.sum += loss
	now := time.Now()
	if s.live == nil || now.Sub(s.last) < s.every {
		return nil
	}
	s.last = now
	fmt.Fprintf(s.live, "epoch %d of %d, step %d of %d, loss %.4f", step/per+1, s.run.Epochs(), step%per+1, per, s.sum/float64(step%per+1))
	if took := now.Sub(s.begin); took > time.Second {
		done, total := step+1-s.first, s.run.Epochs()*per-s.first
		fmt.Fprintf(s.live, ", %v left at most", (took / time.Duration(done) * time.Duration(total-done)).Round(time.Second))
	}
	fmt.Fprintln(s.live)
	return s.live.Flush(1)
}

// EpochEnd implements [head.Watcher].
func (s *epochs) EpochEnd(head.Epoch) error { return s.erase() }

// End implements [head.Watcher].
func (s *epochs) End() error { return s.erase() }

// erase removes the line that is shown.
func (s *epochs) erase() error {
	if s.live == nil {
		return nil
	}
	return s.live.Flush(0)
}

// print prints an epoch, and the names of the columns before the first.
func (s *epochs) print(e head.Epoch) {
	if s.printed == 0 {
		fmt.Fprintln(s.out, head.TableHeader)
	}
	note := ""
	if n := len(s.history); n > 0 && s.history[n-1].LearningRate != e.LearningRate {
		note = "  ← new rate"
	}
	fmt.Fprintln(s.out, e.Row()+note)
	s.printed++
	s.history = append(s.history, e)
}

// summary says which epoch was the best.
func (s *epochs) summary() {
	best := s.history.Best()
	if best < 0 {
		return
	}
	e, figure := s.history[best], "loss"
	value := e.Loss
	if e.ValRows > 0 {
		figure, value = "val loss", e.ValLoss
	}
	fmt.Fprintf(s.out, "best of %d epochs: %d, %s %.4f\n", len(s.history), e.N, figure, value)
}
