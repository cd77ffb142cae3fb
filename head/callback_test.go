package head

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
)

// number is a float64 that JSON may hold as null, "NaN" or "Infinity".
type number struct {
	value float64
	set   bool
}

func (n *number) UnmarshalJSON(text []byte) error {
	n.set = true
	switch s := string(text); s {
	case "null":
		n.set = false
	case `"NaN"`:
		n.value = math.NaN()
	case `"Infinity"`:
		n.value = math.Inf(1)
	case `"-Infinity"`:
		n.value = math.Inf(-1)
	default:
		return json.Unmarshal(text, &n.value)
	}
	return nil
}

func (n number) is(r record) bool {
	return n.set == r.set && (!n.set || n.value == r.best || n.value != n.value && r.best != r.best)
}

// pointer is nil for Keras's None.
func (n number) pointer() *float64 {
	if !n.set {
		return nil
	}
	return &n.value
}

// callbackCase is a sequence of figures and what Keras's callbacks did.
type callbackCase struct {
	ID            int
	Kind          string
	Sequence      []number
	InitialLR     float64 `json:"initial_lr"`
	Order         []string
	EarlyStopping struct {
		Monitor, Mode string
		MinDelta      float64 `json:"min_delta"`
		Patience      int
		Baseline      number
		Restore       bool `json:"restore_best_weights"`
		Start         int  `json:"start_from_epoch"`
	}
	ReduceLROnPlateau struct {
		Monitor, Mode      string
		Factor             float64
		Patience, Cooldown int
		MinDelta           float64 `json:"min_delta"`
		MinLR              float64 `json:"min_lr"`
	}
	ModelCheckpoint struct {
		Monitor, Mode string
		BestOnly      bool   `json:"save_best_only"`
		Threshold     number `json:"initial_value_threshold"`
	}
	With    callbackRecord `json:"with_early_stopping"`
	Without callbackRecord `json:"without_early_stopping"`
}

type callbackRecord struct {
	Error  *string
	Epochs []struct {
		Epoch       int
		LRDuring    float64 `json:"lr_during"`
		LRAfter     float64 `json:"lr_after"`
		Saved, Stop bool
		ESWait      int    `json:"es_wait"`
		ESBest      number `json:"es_best"`
		ESBestEpoch int    `json:"es_best_epoch"`
		RLWait      int    `json:"rl_wait"`
		RLBest      number `json:"rl_best"`
		RLCooldown  int    `json:"rl_cooldown"`
		CKBest      number `json:"ck_best"`
	}
	StoppedEpoch int `json:"stopped_epoch"`
	WeightsOf    int `json:"weights_in_place_are_those_after_epoch"`
}

// absent is a monitor that does not exist, for the cases of an unknown metric
// whose direction Keras can't tell.
const absent Monitor = 99

// monitor maps Keras's names to ours. With a figure missing in some epochs, or an
// unknown one of stated mode, the held-out figure of the same direction stands in:
// ours are always there for the rows to fit.
func (c callbackCase) monitor(name, mode string) (Monitor, Mode) {
	modes := map[string]Mode{"auto": Auto, "min": Min, "max": Max}
	m, known := map[string]Monitor{"val_loss": ValLoss, "val_accuracy": ValAccuracy, "loss": Loss, "accuracy": Accuracy}[name]
	if !known {
		m = ValLoss
		if mode == "auto" {
			m = absent
		}
	}
	for _, v := range c.Sequence {
		if !v.set && (m == Loss || m == Accuracy) {
			m -= Loss - ValLoss
		}
	}
	return m, modes[mode]
}

func (c callbackCase) epoch(i int) Epoch {
	v := c.Sequence[i]
	e := Epoch{N: i + 1, ValRows: 1}
	if !v.set {
		return Epoch{N: i + 1}
	}
	e.ValLoss, e.ValAccuracy, e.Loss, e.Accuracy = v.value, v.value, v.value, v.value
	return e
}

// marked are the weights "after epoch n": the first bias is n.
func marked(n int) nn.Values {
	return nn.Values{
		"predictions/kernel": tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float32{0, 0})),
		"predictions/bias":   tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{float32(n), 0})),
	}
}

func (c callbackCase) run(t *testing.T, want callbackRecord, early bool) {
	h, err := New(Config{Inputs: 1, Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := nn.NewTrainer(h.values, nn.TrainerConfig{Batch: 1, Optimizer: nn.Adam{LearningRate: c.InitialLR}}, h.probabilities)
	if err != nil {
		t.Fatal(err)
	}
	run := &Run{head: h, trainer: trainer}
	saved := false

	es, rl, ck := c.EarlyStopping, c.ReduceLROnPlateau, c.ModelCheckpoint
	stopping := EarlyStopping{MinDelta: es.MinDelta, Patience: es.Patience, Baseline: es.Baseline.pointer(),
		RestoreBestWeights: es.Restore, StartFromEpoch: es.Start}
	stopping.Monitor, stopping.Mode = c.monitor(es.Monitor, es.Mode)
	reducing := ReduceLROnPlateau{Factor: rl.Factor, Patience: max(rl.Patience, 1), MinDelta: rl.MinDelta, Cooldown: rl.Cooldown, MinLR: rl.MinLR}
	reducing.Monitor, reducing.Mode = c.monitor(rl.Monitor, rl.Mode)
	if rl.MinDelta == 0 {
		reducing.MinDelta = -1
	}
	saving := ModelCheckpoint{SaveBestOnly: ck.BestOnly, InitialThreshold: ck.Threshold.pointer(),
		Save: func(Epoch, *Head) error { saved = true; return nil }}
	saving.Monitor, saving.Mode = c.monitor(ck.Monitor, ck.Mode)

	callbacks := map[string]Callback{"es": stopping, "rl": reducing, "ck": saving}
	watchers := map[string]Watcher{}
	for _, name := range c.Order {
		if name == "es" && !early {
			continue
		}
		w, err := callbacks[name].Begin(run)
		if err != nil {
			if want.Error == nil {
				t.Fatal(err)
			}
			return
		}
		watchers[name] = w
	}
	if want.Error != nil {
		t.Fatalf("want an error as Keras's: %s", *want.Error)
	}

	for _, r := range want.Epochs {
		if got := run.LearningRate(); got != r.LRDuring {
			t.Fatalf("epoch %d: want learning rate %v, got %v", r.Epoch, r.LRDuring, got)
		}
		if err := run.SetWeights(marked(r.Epoch)); err != nil {
			t.Fatal(err)
		}
		saved = false
		for _, name := range c.Order {
			if w := watchers[name]; w != nil {
				if err := w.EpochEnd(c.epoch(r.Epoch)); err != nil {
					t.Fatal(err)
				}
			}
		}
		reduced, kept := watchers["rl"].(*reducer), watchers["ck"].(*checkpointer)
		if run.LearningRate() != r.LRAfter || saved != r.Saved || reduced.wait != r.RLWait || reduced.cooling != r.RLCooldown ||
			!r.RLBest.is(reduced.record) || !r.CKBest.is(kept.record) {
			t.Fatalf("epoch %d: want %+v, got rate %v, saved %v, %+v, %+v", r.Epoch, r, run.LearningRate(), saved, reduced, kept)
		}
		if early {
			s := watchers["es"].(*stopper)
			if run.stopped != r.Stop || s.wait != r.ESWait || max(s.bestEpoch-1, 0) != r.ESBestEpoch || !r.ESBest.is(s.record) {
				t.Fatalf("epoch %d: want %+v, got stopped %v, %+v", r.Epoch, r, run.stopped, s)
			}
		}
	}
	if !early {
		return
	}
	if err := watchers["es"].End(); err != nil {
		t.Fatal(err)
	}
	if got := int(h.values["predictions/bias"].Float32s()[0]); got != want.WeightsOf {
		t.Errorf("at the end: want the weights of epoch %d, got %d", want.WeightsOf, got)
	}
	if got := max(watchers["es"].(*stopper).stoppedAt-1, 0); got != want.StoppedEpoch {
		t.Errorf("want it stopped at epoch %d, got %d", want.StoppedEpoch, got)
	}
}

func TestCallbacksDoWhatKerasDoes(t *testing.T) {
	file := "testdata/callbacks.json"
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "training", "callbacks", "cases.json")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []callbackCase }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Cases) < 8 {
		t.Fatalf("%s: want 8 cases at least, got %d", file, len(list.Cases))
	}
	for _, c := range list.Cases {
		name := c.Kind + " " + string(rune('0'+c.ID/10)) + string(rune('0'+c.ID%10))
		t.Run(name, func(t *testing.T) { c.run(t, c.With, true) })
		t.Run(name+" not stopping", func(t *testing.T) { c.run(t, c.Without, false) })
	}
}

func TestCallbackOptions(t *testing.T) {
	save := func(Epoch, *Head) error { return nil }
	cases := []struct {
		callback Callback
		want     string
	}{
		{EarlyStopping{Monitor: absent}, "EarlyStopping: monitor: want ValLoss"},
		{EarlyStopping{Mode: 7}, "mode: want Auto, Min or Max, got 7"},
		{EarlyStopping{Patience: -1}, "patience -1"},
		{EarlyStopping{MinDelta: math.NaN()}, "minimum delta"},
		{ReduceLROnPlateau{Factor: 1}, "ReduceLROnPlateau: factor: want a number between 0 and 1, got 1"},
		{ReduceLROnPlateau{Factor: -0.5}, "factor"},
		{ReduceLROnPlateau{Cooldown: -2}, "cooldown -2"},
		{ReduceLROnPlateau{MinLR: math.NaN()}, "minimum rate"},
		{ModelCheckpoint{}, "ModelCheckpoint: want either Dir or Save"},
		{ModelCheckpoint{Dir: "x", Save: save}, "want either Dir or Save"},
	}
	for _, c := range cases {
		if _, err := c.callback.Begin(&Run{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want an error with %q, got %v", c.callback, c.want, err)
		}
	}
}

// A baseline and a threshold of 0 are not the same as none: no loss of 1 beats
// them, so that the first epoch, always the best so far, counts against the
// patience, too, and nothing is saved.
func TestZeroIsAThreshold(t *testing.T) {
	f := goldenFeatures("gt-public", "small")
	for _, c := range []struct {
		limit         *float64
		epochs, saved int
	}{{nil, 3, 3}, {new(0.0), 2, 0}} {
		saved := 0
		h := newHead(t, Config{Inputs: f.Width, Classes: f.Classes})
		history := train(t, h, f, nil, Training{Epochs: 3, Callbacks: []Callback{
			EarlyStopping{Monitor: Loss, MinDelta: 10, Patience: 2, Baseline: c.limit},
			ModelCheckpoint{Monitor: Loss, SaveBestOnly: true, InitialThreshold: c.limit, Save: func(Epoch, *Head) error { saved++; return nil }},
		}})
		if len(history) != c.epochs || saved != c.saved {
			t.Errorf("limit %v: want %d epochs and %d saved, got %d and %d", c.limit, c.epochs, c.saved, len(history), saved)
		}
	}
}
