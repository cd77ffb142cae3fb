package head

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/cairnml/cairn/data"
)

// CrossValidation says how to train a head on every fold but one, in turn.
type CrossValidation struct {
	Folds    int      // 2 or more; 0 = 5
	Seed     uint64   // of the folds, see data.Features.Folds
	Head     Config   // Inputs and Classes may be left out: they are the features'
	Training Training // the fold that is not trained on is held out; SampleWeights belong to all rows

	// OnEpoch, where not nil, is called after each epoch of fold, from 0 on.
	OnEpoch func(fold int, e Epoch)
}

// OutOfFold is what the heads of a cross-validation say of the rows that they
// were not trained on.
type OutOfFold struct {
	Probabilities []float32    // [rows, classes], of each row by the head that has not seen it
	Folds         []int        // [rows], which head that is
	Evaluations   []Evaluation // by fold
	Histories     []History    // by fold
}

// CrossValidate trains a fresh head for every fold on the rows of the others and
// predicts the rows of the fold: each row once, by a head that has not seen it.
// With a checkpoint each fold has a folder of its own in it.
func CrossValidate(ctx context.Context, f *data.Features, c CrossValidation) (*OutOfFold, error) {
	if f == nil {
		return nil, fmt.Errorf("head: cross-validation: no features")
	}
	if c.Folds == 0 {
		c.Folds = 5
	}
	if c.Head.Inputs == 0 {
		c.Head.Inputs = f.Width
	}
	if c.Head.Classes == nil {
		c.Head.Classes = f.Classes
	}
	if s := c.Training.SampleWeights; s != nil && len(s) != f.Len() {
		return nil, fmt.Errorf("head: cross-validation: sample weights: want %d, one a row, got %d", f.Len(), len(s))
	}
	folds, err := f.Folds(c.Folds, c.Seed)
	if err != nil {
		return nil, fmt.Errorf("head: cross-validation: %w", err)
	}
	classes := len(f.Classes)
	out := &OutOfFold{Probabilities: make([]float32, f.Len()*classes), Folds: make([]int, f.Len())}
	for i, fold := range folds {
		h, history, err := c.train(ctx, f, fold, i)
		if err != nil {
			return nil, fmt.Errorf("head: fold %d: %w", i, err)
		}
		_, p, err := h.runRows(ctx, fold.Held.Len(), fold.Held.Row)
		if err != nil {
			return nil, fmt.Errorf("head: fold %d: %w", i, err)
		}
		e, err := h.Evaluate(ctx, fold.Held)
		if err != nil {
			return nil, fmt.Errorf("head: fold %d: %w", i, err)
		}
		for j, r := range fold.Rows {
			copy(out.Probabilities[r*classes:(r+1)*classes], p[j*classes:])
			out.Folds[r] = i
		}
		out.Evaluations, out.Histories = append(out.Evaluations, e), append(out.Histories, history)
	}
	return out, nil
}

// train trains the head of one fold.
func (c CrossValidation) train(ctx context.Context, f *data.Features, fold data.Fold, i int) (*Head, History, error) {
	t := c.Training
	if t.SampleWeights != nil {
		t.SampleWeights = make([]float32, 0, fold.Fit.Len())
		for r, held := 0, fold.Rows; r < f.Len(); r++ {
			if len(held) > 0 && held[0] == r {
				held = held[1:]
				continue
			}
			t.SampleWeights = append(t.SampleWeights, c.Training.SampleWeights[r])
		}
	}
	if t.Checkpoint != "" {
		t.Checkpoint = filepath.Join(t.Checkpoint, fmt.Sprintf("fold-%d", i))
	}
	h, err := New(c.Head)
	if err != nil {
		return nil, nil, err
	}
	var history History
	for e, err := range h.Train(ctx, fold.Fit, fold.Held, t) {
		if err != nil {
			return nil, nil, err
		}
		history = append(history, e)
		if c.OnEpoch != nil {
			c.OnEpoch(i, e)
		}
	}
	return h, history, nil
}
