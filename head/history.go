package head

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// History is the epochs of a training in order.
type History []Epoch

// Best returns the place in h of the epoch of the least held-out loss, or of the
// least loss where no rows were held out; the first of equal ones. It is -1 if
// there is no epoch.
func (h History) Best() int {
	best := -1
	for i, e := range h {
		if best < 0 || e.worth() < h[best].worth() || math.IsNaN(h[best].worth()) && !math.IsNaN(e.worth()) {
			best = i
		}
	}
	return best
}

func (e Epoch) worth() float64 {
	if e.ValRows > 0 {
		return e.ValLoss
	}
	return e.Loss
}

// TableHeader names the columns of [Epoch.Row].
const TableHeader = "epoch     loss  accuracy   val loss  val accuracy  learning rate"

// Row returns the figures of the epoch in columns.
func (e Epoch) Row() string {
	held := fmt.Sprintf("%8.4f      %6.2f %%", e.ValLoss, 100*e.ValAccuracy)
	if e.ValRows == 0 {
		held = fmt.Sprintf("%8s      %8s", "-", "-")
	}
	return fmt.Sprintf("%5d %8.4f  %6.2f %%   %s  %13.4g", e.N, e.Loss, 100*e.Accuracy, held, e.LearningRate)
}

// WriteTable prints one line an epoch, in columns, and marks the best epoch and
// those where the learning rate has changed.
func (h History) WriteTable(w io.Writer) error {
	var s strings.Builder
	s.WriteString(TableHeader + "\n")
	best := h.Best()
	for i, e := range h {
		s.WriteString(e.Row())
		var notes []string
		if i == best {
			notes = append(notes, "best")
		}
		if i > 0 && e.LearningRate != h[i-1].LearningRate {
			notes = append(notes, "new rate")
		}
		if notes != nil {
			s.WriteString("  ← " + strings.Join(notes, ", "))
		}
		s.WriteByte('\n')
	}
	_, err := io.WriteString(w, s.String())
	return err
}
