package head

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/data"
)

func TestCrossValidatePredictsEveryRowOnce(t *testing.T) {
	f := goldenFeatures("gt-public", "small")
	c := CrossValidation{Folds: 4, Seed: 3, Head: Config{Seed: 1}, Training: Training{Epochs: 3, LearningRate: 0.01}}
	seen := make([]int, 4)
	c.OnEpoch = func(fold int, _ Epoch) { seen[fold]++ }
	out, err := CrossValidate(context.Background(), f, c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int{3, 3, 3, 3}) || len(out.Evaluations) != 4 || len(out.Histories[3]) != 3 {
		t.Errorf("want 3 epochs of 4 folds, got %v", seen)
	}
	folds, err := f.Folds(4, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, fold := range folds {
		// The head of a fold, trained again by hand.
		h := newHead(t, Config{Inputs: f.Width, Classes: f.Classes, Seed: 1})
		train(t, h, fold.Fit, fold.Held, c.Training)
		for _, r := range fold.Rows {
			p, err := h.Predict(context.Background(), f.Row(r))
			if err != nil {
				t.Fatal(err)
			}
			if out.Folds[r] != i || !slices.Equal(p, out.Probabilities[r*7:r*7+7]) {
				t.Fatalf("row %d: want %v of fold %d, got %v of fold %d", r, p, i, out.Probabilities[r*7:r*7+7], out.Folds[r])
			}
		}
	}
}

func TestCrossValidateSampleWeights(t *testing.T) {
	f := goldenFeatures("gt-public", "noisy")
	c := CrossValidation{Folds: 2, Training: Training{Epochs: 1, SampleWeights: make([]float32, f.Len())}}
	out, err := CrossValidate(context.Background(), f, c)
	if err != nil {
		t.Fatal(err)
	}
	if l := out.Histories[0][0].Loss; l != 0 {
		t.Errorf("all weights zero: want loss 0, got %v", l)
	}
	c.Training.SampleWeights = []float32{1}
	if _, err := CrossValidate(context.Background(), f, c); err == nil || !strings.Contains(err.Error(), "want 97, one a row, got 1") {
		t.Errorf("got %v", err)
	}
	if _, err := CrossValidate(context.Background(), f, CrossValidation{Folds: 98}); err == nil || !strings.Contains(err.Error(), "want 2 to 97") {
		t.Errorf("got %v", err)
	}
	bad := *f
	bad.X = slices.Clone(f.X)
	bad.X[20] = float32(math.NaN())
	if _, err := CrossValidate(context.Background(), &bad, CrossValidation{}); err == nil || !strings.Contains(err.Error(), "column 0: want a finite value") {
		t.Errorf("got %v", err)
	}
	if _, err := CrossValidate(context.Background(), (*data.Features)(nil), CrossValidation{}); err == nil {
		t.Error("no features: want an error")
	}
}
