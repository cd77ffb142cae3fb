package head

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cairnml/cairn/nn"
)

// scheduleRate is a few roundings of Keras's float32, relative to the largest rate.
const scheduleRate = 4e-7

// TestSchedulesAreThoseOfKeras compares rates that keras.optimizers.schedules
// computed (testdata/schedules.json says with which version).
func TestSchedulesAreThoseOfKeras(t *testing.T) {
	text, err := os.ReadFile("testdata/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Schedules []struct {
			Kind   string
			Config json.RawMessage
			Rates  []float64
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, s := range list.Schedules {
		var rate func(int) float64
		if s.Kind == "CosineDecay" {
			var c CosineDecay
			err = json.Unmarshal(s.Config, &c)
			rate = c.rate
		} else {
			var c ExponentialDecay
			err = json.Unmarshal(s.Config, &c)
			rate = c.rate
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range s.Rates {
			if got := rate(i); math.Abs(got-want) > scheduleRate*slices.Max(s.Rates) {
				t.Errorf("%s %s, step %d: want %v, got %v", s.Kind, s.Config, i, want, got)
			}
		}
	}
}

// rates notes the rate of every step.
type rates struct {
	run  *Run
	list *[]float64
}

func (r rates) Begin(run *Run) (Watcher, error) { return rates{run, r.list}, nil }
func (rates) EpochEnd(Epoch) error              { return nil }
func (rates) End() error                        { return nil }
func (r rates) StepBegin(int) error             { *r.list = append(*r.list, r.run.LearningRate()); return nil }
func (rates) StepEnd(step int, loss float64) error {
	if !(loss > 0) {
		return errors.New("no loss")
	}
	return nil
}

func TestSchedulesSetTheRateOfEveryStep(t *testing.T) {
	fit, held := noisy(t) // 72 rows: 3 steps of 32
	var list []float64
	h := newHead(t, Config{})
	history := train(t, h, fit, held, Training{Epochs: 3, Batch: 32, Callbacks: []Callback{
		CosineDecay{InitialLearningRate: 0, WarmupTarget: 0.5, WarmupSteps: 2}, rates{list: &list}}})
	for i, want := range []float64{0, 0.25, 0.5} {
		if list[i] != want {
			t.Errorf("step %d: want rate %v, got %v", i, want, list[i])
		}
	}
	if len(list) != 9 || !slices.IsSortedFunc(list[2:], func(a, b float64) int { return -1 * int(math.Copysign(1, a-b)) }) || !(list[8] > 0 && list[8] < 0.05) {
		t.Errorf("want 9 rates that fall to nearly nothing, got %v", list)
	}
	if history[1].LearningRate != list[3] {
		t.Errorf("epoch 2: want the rate of its first step %v, got %v", list[3], history[1].LearningRate)
	}

	list = nil
	train(t, newHead(t, Config{}), fit, held, Training{Epochs: 3, Batch: 32, Callbacks: []Callback{
		ExponentialDecay{InitialLearningRate: 0.5, DecayRate: 0.5, Staircase: true}, rates{list: &list}}})
	if !slices.Equal(list, []float64{0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125}) {
		t.Errorf("halved every epoch: got %v", list)
	}

	list = nil
	train(t, newHead(t, Config{}), fit, held, Training{Epochs: 2, Batch: 72, Callbacks: []Callback{
		LearningRateScheduler{Rate: func(epoch int, rate float64) float64 { return rate * float64(epoch) }}, rates{list: &list}}})
	if first := float64(float32(1e-3)); !slices.Equal(list, []float64{first, float64(float32(2 * first))}) {
		t.Errorf("scheduler: got %v", list)
	}
}

func TestTwoHandsOnTheRate(t *testing.T) {
	fit, held := noisy(t)
	for want, callbacks := range map[string][]Callback{
		"that of a schedule": {CosineDecay{InitialLearningRate: 1e-9}, ReduceLROnPlateau{Patience: 1}},
		"want one schedule":  {CosineDecay{InitialLearningRate: 1}, ExponentialDecay{InitialLearningRate: 1, DecayRate: 0.5}},
		"want rates from 0":  {CosineDecay{InitialLearningRate: -1}},
		"1 step at least":    {CosineDecay{WarmupSteps: 5000}},
		"alpha":              {CosineDecay{Alpha: 2}},
		"decay rate":         {ExponentialDecay{InitialLearningRate: 1}},
		"want a function":    {LearningRateScheduler{}},
		"want a file name":   {CSVLogger{}},
	} {
		var last error
		for _, err := range newHead(t, Config{}).Train(context.Background(), fit, held, Training{Callbacks: callbacks}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, last)
		}
	}
}

func TestTerminateOnNaN(t *testing.T) {
	fit, held := noisy(t)
	tr := Training{Epochs: 5, Batch: 8, Optimizer: nn.SGD{LearningRate: 1e30}, Callbacks: []Callback{TerminateOnNaN{}}}
	var list []float64
	tr.Callbacks = append(tr.Callbacks, rates{list: &list})
	h := newHead(t, Config{Hidden: []int{8}})
	var history History
	for e, err := range h.Train(context.Background(), fit, held, tr) {
		if err != nil {
			if !strings.Contains(err.Error(), "no loss") { // of rates: the loss is NaN
				t.Fatal(err)
			}
			break
		}
		history = append(history, e)
	}
	if len(list) >= 9 {
		t.Errorf("want the end within the first epoch, got %d steps", len(list))
	}

	tr.Callbacks = tr.Callbacks[:1]
	history = train(t, newHead(t, Config{Hidden: []int{8}}), fit, held, tr)
	if len(history) != 1 || history[0].Loss-history[0].Loss == 0 {
		t.Errorf("want one epoch whose loss is not finite, got %+v", history)
	}
	tr.Callbacks = []Callback{TerminateOnNaN{RaiseError: true}}
	var last error
	for _, err := range newHead(t, Config{Hidden: []int{8}}).Train(context.Background(), fit, held, tr) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "TerminateOnNaN: step") {
		t.Errorf("want an error, got %v", last)
	}
}

func TestCSVLoggerHasKerasColumns(t *testing.T) {
	fit, held := noisy(t)
	file := filepath.Join(t.TempDir(), "log.csv")
	c := CSVLogger{File: file, Separator: ';', Append: true}
	history := train(t, newHead(t, Config{}), fit, held, Training{Epochs: 3, Callbacks: []Callback{c}})
	train(t, newHead(t, Config{}), fit, held, Training{Epochs: 2, Callbacks: []Callback{c}})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil || len(lines) != 6 {
		t.Fatalf("want a header, 3 and 2 lines, got %v, %v", lines, err)
	}
	if !slices.Equal(lines[0], []string{"epoch", "accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"}) {
		t.Errorf("got columns %v", lines[0])
	}
	for i, e := range history {
		for j, want := range []float64{float64(i), e.Accuracy, e.LearningRate, e.Loss, e.ValAccuracy, e.ValLoss} {
			if got, err := strconv.ParseFloat(lines[i+1][j], 64); err != nil || got != want {
				t.Errorf("line %d, %s: want %v, got %s", i+1, lines[0][j], want, lines[i+1][j])
			}
		}
	}
	if lines[4][0] != "0" || lines[5][0] != "1" {
		t.Errorf("the second training is not appended: %v", lines)
	}
	c.Append = false
	train(t, newHead(t, Config{}), fit, nil, Training{Epochs: 1, Callbacks: []Callback{c}})
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "epoch;accuracy;learning_rate;loss\n0;") {
		t.Errorf("without held-out rows: got %s, %v", text, err)
	}
}
