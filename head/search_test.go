package head

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairnml/cairn/data"
)

func TestSearchIsTheSameWhateverTheParallelism(t *testing.T) {
	f := goldenFeatures("gt-public", "noisy")
	search := Search{
		Dropout: []float64{0, 0.5}, Hidden: [][]int{nil, {4}}, Logistic: []float64{0, 0.1}, Standardize: []bool{false, true},
		Members: []SearchMember{{"one", 12}, {"two", 8}}, Folds: 3, Seed: 2, Training: Training{Epochs: 3, Batch: 16},
	}
	var want []Trial
	for _, parallel := range []int{1, 4} {
		search.Parallel = parallel
		calls := 0
		search.OnTrial = func(done, total int, _ Trial) {
			if calls++; done != calls || total != 36 {
				t.Errorf("call %d: %d of %d", calls, done, total)
			}
		}
		got, err := search.Run(context.Background(), f)
		if err != nil || len(got) != 36 { // 3 subsets × 2 × (2 × 2 + 2)
			t.Fatalf("%d trials, %v", len(got), err)
		}
		for i := range got[1:] {
			if got[i].Loss > got[i+1].Loss {
				t.Error("the least loss is not first")
			}
		}
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Trial{})); diff != "" {
			t.Errorf("%d at a time: %s", parallel, diff)
		}
	}
	var s strings.Builder
	if err := WriteTrials(&s, want); err != nil || strings.Count(s.String(), "\n") != 37 || !strings.Contains(s.String(), "one + two") {
		t.Errorf("%v\n%s", err, s.String())
	}
}

func TestSearchScoresAreThoseOfCrossValidation(t *testing.T) {
	f := goldenFeatures("gt-public", "noisy")
	training := Training{Epochs: 4, Batch: 16, Seed: 5}
	cv, err := CrossValidate(context.Background(), f, CrossValidation{Folds: 3, Seed: 5, Head: Config{Dropout: 0.7, Seed: 5}, Training: training})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Search{Folds: 3, Seed: 5, Training: Training{Epochs: 4, Batch: 16}}.Run(context.Background(), f)
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	var want Trial
	for _, e := range cv.Evaluations {
		want.Loss += e.Loss / 3
		want.Accuracy += e.Accuracy / 3
	}
	if got[0].Loss != want.Loss || got[0].Accuracy != want.Accuracy {
		t.Errorf("want %v and %v, got %v and %v", want.Loss, want.Accuracy, got[0].Loss, got[0].Accuracy)
	}
}

func TestSearchRefuses(t *testing.T) {
	f := goldenFeatures("gt-public", "noisy")
	for _, c := range []struct {
		search Search
		f      *data.Features
		want   string
	}{
		{Search{}, nil, "no features"},
		{Search{Members: []SearchMember{{"a", 3}}}, f, "20 features in all, got 3"},
		{Search{Members: []SearchMember{{"a", -3}}}, f, "features above 0"},
		{Search{Folds: 1}, f, "folds"},
		{Search{Training: Training{LearningRate: 1}}, f, "without learning rate"},
		{Search{Dropout: []float64{2}}, f, "dropout"},
	} {
		if _, err := c.search.Run(context.Background(), c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Search{}).Run(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
