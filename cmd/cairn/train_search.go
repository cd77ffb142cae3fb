package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// tryHeads prints how each head of a grid does, the best first.
func (t *training) tryHeads(ctx context.Context, out io.Writer, features *data.Features) error {
	search := head.Search{
		Dropout: []float64{0.3, 0.7}, Hidden: [][]int{nil, {256}}, LearningRate: []float64{1e-3, 3e-3}, L2: []float64{0, 1e-4},
		Standardize: []bool{false, true}, Logistic: []float64{0}, Folds: t.folds, Seed: t.seed,
		Training: head.Training{Epochs: t.epochs, Batch: t.batch, Callbacks: []head.Callback{
			head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
			head.EarlyStopping{Patience: t.patience, RestoreBestWeights: true},
		}},
	}
	if len(t.columns) > 1 {
		search.Members = t.columns
	}
	begin, last := time.Now(), time.Now()
	search.OnTrial = func(done, total int, _ head.Trial) {
		if now := time.Now(); done == total || now.Sub(last) > 5*time.Second {
			last = now
			left := now.Sub(begin).Seconds() / float64(done) * float64(total-done)
			fmt.Fprintf(out, "%d of %d heads, %.0f s left\n", done, total, left)
		}
	}
	trials, err := search.Run(ctx, features)
	if err != nil {
		return err
	}
	return head.WriteTrials(out, trials)
}
