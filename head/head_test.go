package head

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// noisy are 97 rows of 20 features in 7 classes that a head soon over-fits.
func noisy(t *testing.T) (fit, held *data.Features) {
	t.Helper()
	fit, held, err := goldenFeatures("gt-public", "noisy").Split(0.25)
	if err != nil {
		t.Fatal(err)
	}
	return fit, held
}

func newHead(t *testing.T, c Config) *Head {
	t.Helper()
	if c.Inputs == 0 {
		c.Inputs, c.Classes = 20, goldenFeatures("gt-public", "noisy").Classes
	}
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// train runs a whole training and wants no error.
func train(t *testing.T, h *Head, fit, held *data.Features, tr Training) History {
	t.Helper()
	var history History
	for e, err := range h.Train(context.Background(), fit, held, tr) {
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, e)
	}
	return history
}

func TestTrainWithHiddenLayersLearns(t *testing.T) {
	fit, held := noisy(t)
	h := newHead(t, Config{Hidden: []int{24, 16}, Dropout: 0.1, Seed: 3})
	history := train(t, h, fit, held, Training{Epochs: 40, Batch: 16, LearningRate: 0.02})
	first, last := history[0], history[len(history)-1]
	if len(history) != 40 || !(last.Loss < first.Loss/4) || !(last.Accuracy > 0.9) {
		t.Errorf("40 epochs went from %+v to %+v", first, last)
	}
	e, err := h.Evaluate(context.Background(), held)
	if err != nil {
		t.Fatal(err)
	}
	if e.Loss != last.ValLoss || e.Accuracy != last.ValAccuracy || e.Rows != held.Len() || e.Top5 < e.Accuracy {
		t.Errorf("Evaluate: want the figures of the last epoch %+v, got %+v", last, e)
	}
}

func TestTrainDefaults(t *testing.T) {
	fit, held := noisy(t)
	history := train(t, newHead(t, Config{}), fit, held, Training{})
	if len(history) != 60 || history[0].N != 1 || history[59].N != 60 || history[0].LearningRate != float64(float32(1e-3)) {
		t.Errorf("want 60 epochs at rate 1e-3, got %d, %+v", len(history), history[0])
	}
}

// bits are the weights of a head trained with everything that is random.
func bits(t *testing.T, seed uint64, noShuffle bool) string {
	t.Helper()
	f := goldenFeatures("gt-public", "small")
	fit, held, err := f.Split(0.1)
	if err != nil {
		t.Fatal(err)
	}
	h := newHead(t, Config{Inputs: 20, Classes: f.Classes, Hidden: []int{33}, Dropout: 0.3, Seed: 5})
	train(t, h, fit, held, Training{Epochs: 4, Batch: 64, Seed: seed, NoShuffle: noShuffle})
	return h.Fingerprint()
}

func TestTrainIsReproducible(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := bits(t, 1, false)
	for _, cores := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(cores)
		if bits(t, 1, false) != want {
			t.Errorf("GOMAXPROCS %d: other weights", cores)
		}
	}
	if bits(t, 2, false) == want || bits(t, 1, true) == want {
		t.Error("another seed or order gave the same weights")
	}
}

func TestBreakRestoresTheBestWeights(t *testing.T) {
	fit, held := noisy(t)
	h := newHead(t, Config{})
	best, at, n := "", math.Inf(1), 0
	tr := Training{Epochs: 30, Batch: 32, LearningRate: 0.1, Callbacks: []Callback{EarlyStopping{Patience: 20, RestoreBestWeights: true}}}
	for e, err := range h.Train(context.Background(), fit, held, tr) {
		if err != nil {
			t.Fatal(err)
		}
		if e.ValLoss < at {
			best, at = h.Fingerprint(), e.ValLoss
		}
		if n++; n == 12 {
			break
		}
	}
	if h.Fingerprint() != best {
		t.Error("after a break the head has not the best epoch's weights")
	}
	if e, err := h.Evaluate(context.Background(), held); err != nil || e.Loss != at {
		t.Errorf("want loss %v, got %v, %v", at, e.Loss, err)
	}
}

// ender ends a context after some epochs, or fails.
type ender struct {
	after int
	end   func()
	err   error
	ended *bool
}

func (c ender) Begin(*Run) (Watcher, error) { return c, nil }

func (c ender) EpochEnd(e Epoch) error {
	if e.N != c.after {
		return nil
	}
	if c.end != nil {
		c.end()
	}
	return c.err
}

func (c ender) End() error {
	*c.ended = true
	return nil
}

func TestTrainEndsWithTheContext(t *testing.T) {
	fit, held := noisy(t)
	h := newHead(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended, last, seen := false, "", 0
	for e, err := range h.Train(ctx, fit, held, Training{Epochs: 9, Callbacks: []Callback{ender{after: 3, end: cancel, ended: &ended}}}) {
		seen++
		if e.N < 4 && err == nil {
			last = h.Fingerprint()
			continue
		}
		if e.N != 4 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "epoch 4") {
			t.Errorf("want the context's error in epoch 4, got epoch %d, %v", e.N, err)
		}
	}
	if seen != 4 || !ended || h.Fingerprint() != last {
		t.Errorf("want 4 turns, callbacks ended and the weights of epoch 3, got %d, %v", seen, ended)
	}
}

func TestTrainEndsWithACallbacksError(t *testing.T) {
	fit, held := noisy(t)
	ended, turns := false, 0
	var last error
	broken := ender{after: 2, err: errors.New("disk full"), ended: &ended}
	for _, err := range newHead(t, Config{}).Train(context.Background(), fit, held, Training{Callbacks: []Callback{broken}}) {
		turns++
		last = err
	}
	if turns != 2 || last == nil || !strings.Contains(last.Error(), "disk full") || !ended {
		t.Errorf("want the error in turn 2 and nothing after, got turn %d, %v", turns, last)
	}
}

func TestTrainRefusesWhatDoesNotFit(t *testing.T) {
	fit, held := noisy(t)
	h := newHead(t, Config{})
	before := h.Fingerprint()
	changed := func(f *data.Features, change func(*data.Features)) *data.Features {
		c := *f
		c.X, c.Labels = append([]float32(nil), f.X...), append([]int(nil), f.Labels...)
		c.Classes = append([]string(nil), f.Classes...)
		change(&c)
		return &c
	}
	cases := []struct {
		name      string
		fit, held *data.Features
		training  Training
		want      string
	}{
		{"no rows", &data.Features{Width: 20, Classes: fit.Classes}, held, Training{}, "want at least one row"},
		{"nil", nil, held, Training{}, "no features"},
		{"width", &data.Features{Width: 3, X: make([]float32, 3), Labels: []int{0}, Classes: fit.Classes}, held, Training{}, "want 20 values a row, got 3"},
		{"NaN", changed(fit, func(f *data.Features) { f.X[47] = float32(math.NaN()) }), held, Training{}, "row 2, column 7"},
		{"infinity in held", fit, changed(held, func(f *data.Features) { f.X[0] = float32(math.Inf(-1)) }), Training{}, "(held-out rows)"},
		{"label", changed(fit, func(f *data.Features) { f.Labels[3] = 7 }), held, Training{}, "row 3: want a label from 0 to 6, got 7"},
		{"classes", fit, changed(held, func(f *data.Features) { f.Classes[6] = "cat" }), Training{}, `class 6: want "class 6", got "cat"`},
		{"fewer classes", fit, &data.Features{Width: 20, X: make([]float32, 20), Labels: []int{0}, Classes: fit.Classes[:5]}, Training{}, "want 7 classes, got 5"},
		{"one class", changed(fit, func(f *data.Features) { clear(f.Labels) }), held, Training{}, `want rows of two classes at least, all 72 are of "class 0"`},
		{"epochs", fit, held, Training{Epochs: -1}, "epochs -1"},
		{"batch", fit, held, Training{Batch: -8}, "batch -8"},
		{"rate", fit, held, Training{LearningRate: math.NaN()}, "learning rate"},
		{"rate twice", fit, held, Training{LearningRate: 0.1, Optimizer: nn.Adam{}}, "got both"},
		{"callback", fit, held, Training{Callbacks: []Callback{nil}}, "callback 0 is nil"},
		{"callback option", fit, held, Training{Callbacks: []Callback{ReduceLROnPlateau{Factor: 2}}}, "factor"},
	}
	for _, c := range cases {
		turns := 0
		for _, err := range h.Train(context.Background(), c.fit, c.held, c.training) {
			if turns++; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
				break
			}
		}
		if turns != 1 {
			t.Errorf("%s: want one turn, got %d", c.name, turns)
		}
	}
	if h.Fingerprint() != before {
		t.Error("an error changed the weights")
	}
}

func TestNewRefuses(t *testing.T) {
	two := []string{"a", "b"}
	cases := []struct {
		config Config
		want   string
	}{
		{Config{Classes: two}, "inputs: want at least 1, got 0"},
		{Config{Inputs: 3}, "classes: want at least 2, got 0"},
		{Config{Inputs: 3, Classes: two[:1]}, "classes: want at least 2, got 1"},
		{Config{Inputs: 3, Classes: []string{"a", "a"}}, `class 1: want a name of its own, got "a"`},
		{Config{Inputs: 3, Classes: []string{"a", ""}}, "class 1"},
		{Config{Inputs: 3, Classes: two, Hidden: []int{4, 0}}, "hidden layer 2: want at least 1 unit, got 0"},
		{Config{Inputs: 3, Classes: two, Dropout: 1}, "dropout: want a rate in [0, 1), got 1"},
		{Config{Inputs: 3, Classes: two, Dropout: math.NaN()}, "dropout"},
	}
	for _, c := range cases {
		if h, err := New(c.config); h != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want an error with %q, got %v", c.config, c.want, err)
		}
	}
}

func TestPredict(t *testing.T) {
	f := goldenFeatures("gt-public", "small") // 300 rows: more than the model takes at once
	h := newHead(t, Config{Inputs: 20, Classes: f.Classes, Dropout: 0.5})
	all, err := h.Predict(context.Background(), f.X)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 300*7 {
		t.Fatalf("want 300 rows of 7, got %d values", len(all))
	}
	var wait sync.WaitGroup
	for _, row := range []int{0, 255, 256, 299} {
		wait.Go(func() {
			one, err := h.Predict(context.Background(), f.Row(row))
			if err != nil {
				t.Error(err)
				return
			}
			sum := 0.0
			for k, p := range one {
				sum += float64(p)
				if math.Float32bits(p) != math.Float32bits(all[row*7+k]) {
					t.Errorf("row %d: alone %v, in a batch %v", row, p, all[row*7+k])
				}
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Errorf("row %d: probabilities sum to %v", row, sum)
			}
		})
	}
	wait.Wait()
	for _, x := range [][]float32{nil, make([]float32, 19), make([]float32, 41)} {
		if _, err := h.Predict(context.Background(), x); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("want rows of 20 values, got %d", len(x))) {
			t.Errorf("%d values: got %v", len(x), err)
		}
	}
	x := make([]float32, 40)
	x[21] = float32(math.NaN())
	if _, err := h.Predict(context.Background(), x); err == nil || !strings.Contains(err.Error(), "row 1, column 1") {
		t.Errorf("NaN: got %v", err)
	}
}

func TestSummary(t *testing.T) {
	var s strings.Builder
	if err := newHead(t, Config{Inputs: 3072, Classes: goldenFeatures("gt-public", "large").Classes, Dropout: 0.7}).Summary(&s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dropout (Dropout)", "predictions (Dense)", "(None, 120)", "368,760"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("want %q in\n%s", want, s.String())
		}
	}
}
