package op

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

// TrainFrame is what the ops of one training graph share and their caller sets
// before a run.
type TrainFrame struct {
	Team *kernel.Team
	// Rows of the batch that are real. The ops neither read nor write the
	// others, so that a smaller last batch runs in the graph of the full one.
	Rows int
	// Step counts the training steps: it decides what dropout drops.
	Step uint64
	// Training is false for evaluations: dropout then does nothing and batch
	// normalization takes the moving statistics.
	Training bool
}

// trainBase is what the ops of training share.
type trainBase struct {
	base
	frame *TrainFrame
}

func newTrainBase(frame *TrainFrame, arity int, key string) trainBase {
	return trainBase{base: base{arity: arity, key: key}, frame: frame}
}

// real returns the real rows of a batch [B, …].
func (b *trainBase) real(t *tensor.Dense) ([]float32, error) {
	all := t.Float32s()
	batch := t.Shape()[0]
	if n := b.frame.Rows; n < 1 || n > batch {
		return nil, fmt.Errorf("op: %s: want 1 to %d rows, got %d", b.key, batch, n)
	}
	return all[:len(all)/batch*b.frame.Rows], nil
}

// realOf returns the real rows of several batches.
func (b *trainBase) realOf(ts ...*tensor.Dense) ([][]float32, error) {
	rows := make([][]float32, len(ts))
	for i, t := range ts {
		var err error
		if rows[i], err = b.real(t); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// share calls f for the parts [from, to) of n elements of a row-wise loop.
func (b *trainBase) share(n, size int, f func(from, to int)) {
	b.frame.Team.For((n+size-1)/size, func(_, i int) { f(i*size, min((i+1)*size, n)) })
}

// Values and rows that one call of a shared loop takes: 0.03 ms or more.
const (
	valuesACall = 1 << 14
	rowsACall   = 8
)
