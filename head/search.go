package head

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/cairnml/cairn/data"
)

// SearchMember is a backbone of the stack that the features come from.
type SearchMember struct {
	Name     string
	Features int // columns, behind those of the members before it
}

// Search says which heads to try: every combination of the lists. An empty list
// is the one value of the tutorial's recipe.
type Search struct {
	Dropout      []float64 // nil = 0.7
	Hidden       [][]int   // nil = none
	L2           []float64 // nil = 0; Logistic has its own
	LearningRate []float64 // nil = 1e-3
	Standardize  []bool    // features less their mean, by their deviation, of the rows to fit; nil = no

	// Logistic are the L2 of logistic regressions to try as well; 0 = its default.
	Logistic []float64

	// Members, where there are several, makes every subset of them be tried.
	Members []SearchMember

	Folds    int      // 0 = 5
	Seed     uint64   // of the folds, the weights and the training
	Training Training // without LearningRate and Checkpoint; callbacks are used by several at once
	Parallel int      // trials at a time; 0 = GOMAXPROCS. The result is the same

	OnTrial func(done, total int, t Trial) // where not nil, called after each, one at a time
}

// Trial is one head of a search and how it did on the folds that it was not
// trained on. Early stopping has seen them: the figures compare heads, and lie a
// little on the better side.
type Trial struct {
	Members      []string
	Logistic     bool
	Dropout      float64
	Hidden       []int
	L2           float64
	LearningRate float64
	Standardize  bool

	Loss, Accuracy, Top5 float64 // means over the folds
	AccuracyDeviation    float64 // between the folds

	columns []int // of the features; nil = all
}

// Run tries all heads with k-fold cross-validation, several at a time, and returns
// them with the least loss first. Whatever Parallel is, the result has the same
// bits.
func (s Search) Run(ctx context.Context, f *data.Features) ([]Trial, error) {
	if f == nil {
		return nil, errors.New("head: search: no features")
	}
	if s.Training.LearningRate != 0 || s.Training.Checkpoint != "" || s.Training.SampleWeights != nil {
		return nil, errors.New("head: search: want a training without learning rate, checkpoint and sample weights")
	}
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("head: search: %w", err)
	}
	trials, err := s.trials(f.Width)
	if err != nil {
		return nil, fmt.Errorf("head: search: %w", err)
	}
	folds := s.Folds
	if folds == 0 {
		folds = 5
	}
	dealt, err := f.Folds(folds, s.Seed)
	if err != nil {
		return nil, fmt.Errorf("head: search: %w", err)
	}
	parallel := s.Parallel
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(parallel, len(trials)) {
		wait.Go(func() {
			for i := range next {
				if err := s.try(ctx, dealt, &trials[i]); err != nil {
					cancel(fmt.Errorf("head: search: trial %d: %w", i, err))
					continue
				}
				mu.Lock()
				done++
				if s.OnTrial != nil {
					s.OnTrial(done, len(trials), trials[i])
				}
				mu.Unlock()
			}
		})
	}
	for i := range trials {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	slices.SortStableFunc(trials, func(a, b Trial) int { return cmp.Compare(a.Loss, b.Loss) })
	return trials, nil
}

// trials lists the combinations.
func (s Search) trials(width int) ([]Trial, error) {
	subsets := []Trial{{}}
	if len(s.Members) > 0 {
		if len(s.Members) > 10 {
			return nil, fmt.Errorf("members: want at most 10, got %d", len(s.Members))
		}
		subsets = subsets[:0]
		total := 0
		for _, m := range s.Members {
			if m.Features < 1 {
				return nil, fmt.Errorf("member %q: want features above 0, got %d", m.Name, m.Features)
			}
			total += m.Features
		}
		if total != width {
			return nil, fmt.Errorf("members: want %d features in all, got %d", width, total)
		}
		for set := 1; set < 1<<len(s.Members); set++ {
			var t Trial
			from := 0
			for i, m := range s.Members {
				if set>>i&1 == 1 {
					t.Members = append(t.Members, m.Name)
					for c := range m.Features {
						t.columns = append(t.columns, from+c)
					}
				}
				from += m.Features
			}
			if len(t.columns) == width {
				t.columns = nil
			}
			subsets = append(subsets, t)
		}
	}
	var trials []Trial
	for _, t := range subsets {
		for _, t.Standardize = range orOne(s.Standardize, false) {
			for _, t.Dropout = range orOne(s.Dropout, 0.7) {
				for _, t.Hidden = range orOne(s.Hidden, nil) {
					for _, t.L2 = range orOne(s.L2, 0) {
						for _, t.LearningRate = range orOne(s.LearningRate, 1e-3) {
							trials = append(trials, t)
						}
					}
				}
			}
			for _, l2 := range s.Logistic {
				trials = append(trials, Trial{Members: t.Members, columns: t.columns, Standardize: t.Standardize, Logistic: true, L2: l2})
			}
		}
	}
	return trials, nil
}

func orOne[T any](list []T, one T) []T {
	if list == nil {
		return []T{one}
	}
	return list
}

// try trains and judges the head of a trial on every fold.
func (s Search) try(ctx context.Context, folds []data.Fold, t *Trial) error {
	var accuracies []float64
	for _, fold := range folds {
		fit, held := pick(fold.Fit, t.columns), pick(fold.Held, t.columns)
		if t.Standardize {
			s, err := Standardize(fit)
			if err == nil {
				fit, err = s.Apply(fit)
			}
			if err == nil {
				held, err = s.Apply(held)
			}
			if err != nil {
				return err
			}
		}
		h, err := s.fit(ctx, fit, held, t)
		if err != nil {
			return err
		}
		e, err := h.Evaluate(ctx, held)
		if err != nil {
			return err
		}
		t.Loss += e.Loss / float64(len(folds))
		t.Accuracy += e.Accuracy / float64(len(folds))
		t.Top5 += e.Top5 / float64(len(folds))
		accuracies = append(accuracies, e.Accuracy)
	}
	for _, a := range accuracies {
		t.AccuracyDeviation += (a - t.Accuracy) * (a - t.Accuracy) / float64(len(folds)-1)
	}
	t.AccuracyDeviation = math.Sqrt(t.AccuracyDeviation)
	return nil
}

func (s Search) fit(ctx context.Context, fit, held *data.Features, t *Trial) (*Head, error) {
	if t.Logistic {
		return Logistic(ctx, fit, LogisticConfig{L2: t.L2, Threads: 1})
	}
	h, err := New(Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: t.Dropout, Hidden: t.Hidden, L2: t.L2, Seed: s.Seed})
	if err != nil {
		return nil, err
	}
	training := s.Training
	training.LearningRate, training.Seed = t.LearningRate, s.Seed
	for _, err := range h.Train(ctx, fit, held, training) {
		if err != nil {
			return nil, err
		}
	}
	return h, nil
}

// pick copies the rows, with the given columns only; nil = all.
func pick(f *data.Features, columns []int) *data.Features {
	part := *f
	part.Index, part.X = nil, nil
	if columns != nil {
		part.Width = len(columns)
	}
	part.X = make([]float32, 0, f.Len()*part.Width)
	for i := range f.Len() {
		row := f.Row(i)
		if columns == nil {
			part.X = append(part.X, row...)
			continue
		}
		for _, c := range columns {
			part.X = append(part.X, row[c])
		}
	}
	return &part
}

// WriteTrials prints one line a trial, in columns.
func WriteTrials(w io.Writer, trials []Trial) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	members := len(trials) > 0 && trials[0].Members != nil
	if members {
		fmt.Fprint(t, "members\t")
	}
	fmt.Fprintln(t, "loss\taccuracy\tfirst five\thead\tdropout\thidden\tL2\tlearning rate\tstandardized")
	for _, r := range trials {
		if members {
			fmt.Fprintf(t, "%s\t", strings.Join(r.Members, " + "))
		}
		fmt.Fprintf(t, "%.4f\t%.2f ± %.2f %%\t%.2f %%\t", r.Loss, 100*r.Accuracy, 100*r.AccuracyDeviation, 100*r.Top5)
		standardized := "no"
		if r.Standardize {
			standardized = "yes"
		}
		if r.Logistic {
			l2 := "default"
			if r.L2 != 0 {
				l2 = fmt.Sprintf("%g", r.L2)
			}
			fmt.Fprintf(t, "logistic\t-\t-\t%s\t-\t%s\n", l2, standardized)
			continue
		}
		hidden := "-"
		if len(r.Hidden) > 0 {
			hidden = strings.Trim(fmt.Sprint(r.Hidden), "[]")
		}
		fmt.Fprintf(t, "recipe\t%g\t%s\t%g\t%g\t%s\n", r.Dropout, hidden, r.L2, r.LearningRate, standardized)
	}
	return t.Flush()
}
