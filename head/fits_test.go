package head

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
)

// The tolerances of golden/training/README.md §2 for whole trainings.
const (
	fitLoss        = 1e-5
	fitAccuracy    = 1e-6
	fitRate        = 1e-6 // relative
	fitWeight      = 1e-5 // plus fitWeightPerLR times the initial learning rate
	fitWeightPerLR = 1e-3
	fitNorm        = 1e-4 // relative, of a sampled array's l2
)

// fitCase is a whole training as Keras did it.
type fitCase struct {
	Name    string
	Variant struct {
		Case   string
		Opt    string
		LR     float64
		Batch  int
		Epochs int
		Split  float64
		ES     *struct {
			Patience int
			Monitor  string
			MinDelta float64 `json:"min_delta"`
			Restore  *bool   `json:"restore_best_weights"`
		}
		RL *struct {
			Patience, Cooldown int
			Monitor            string
			Factor             float64
			MinDelta           float64  `json:"min_delta"`
			MinLR              *float64 `json:"min_lr"`
		}
		KW          map[string]any
		Deep        bool
		ClassWeight bool `json:"class_weight"`
		YShift      bool `json:"y_shift"`
	}
	History     map[string][]float64
	EpochsRun   int   `json:"epochs_run"`
	Stopped     *int  `json:"stopped_epoch"`
	Best        *int  `json:"best_epoch"`
	Checkpoints []int `json:"checkpoint_epochs"`
	Final       map[string]struct {
		Values       []float64
		SampleIndex  []int     `json:"sample_index"`
		SampleValues []float64 `json:"sample_values"`
		L2           float64
	} `json:"final_weights"`
}

// optimizer is that of the case; an option that is unknown here fails the test.
func (c fitCase) optimizer(t *testing.T) nn.Optimizer {
	t.Helper()
	number := func(key string) float64 {
		v, _ := c.Variant.KW[key].(float64)
		return v
	}
	for key := range c.Variant.KW {
		if key != "momentum" && key != "nesterov" {
			t.Fatalf("optimizer option %s: not known here", key)
		}
	}
	switch c.Variant.Opt {
	case "Adam":
		return nn.Adam{LearningRate: c.Variant.LR}
	case "SGD":
		return nn.SGD{LearningRate: c.Variant.LR, Momentum: number("momentum"), Nesterov: c.Variant.KW["nesterov"] == true}
	}
	t.Fatalf("optimizer %s: not known here", c.Variant.Opt)
	return nil
}

// goldenFeatures are the rows of a case of the recorded trainings.
func goldenFeatures(seed, name string) *data.Features {
	c := golden.Training(seed, name)
	x, labels := c.Data()
	f := &data.Features{Width: c.Inputs, Labels: labels, X: x}
	for k := range c.Classes {
		f.Classes = append(f.Classes, fmt.Sprint("class ", k))
	}
	return f
}

// goldenHead is the linear or the deep head of a case with the recorded initial
// weights; its last layer is called out.
func goldenHead(t *testing.T, seed, name string, f *data.Features, deep bool) *Head {
	t.Helper()
	c := golden.Training(seed, name)
	config := Config{Inputs: f.Width, Classes: f.Classes, Layers: func(b *nn.Builder, x *nn.Node) *nn.Node {
		return b.Dense("out", x, nn.Dense{Units: len(f.Classes)})
	}}
	arrays := map[string][]float32{}
	arrays["out/kernel"], arrays["out/bias"] = c.LinearHead()
	if deep {
		arrays = c.DeepHead()
		config.Layers = func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Dense("hidden", x, nn.Dense{Units: golden.DeepUnits, Activation: nn.ReLU})
			x = b.BatchNormalization("bn", x, nn.BatchNormalization{})
			return b.Dense("out", x, nn.Dense{Units: len(f.Classes)})
		}
	}
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	initial := nn.Values{}
	for name, w := range h.values {
		initial[name] = tensor.New(tensor.WithShape(w.Shape()...), tensor.WithBacking(arrays[name]))
	}
	if err := h.load(initial); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTrainIsTheFitOfKeras(t *testing.T) {
	file := "testdata/fits.json"
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "training", "fits", "fits.json")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Seed string
		Fits []fitCase
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range list.Fits {
		ran++
		t.Run(c.Name, func(t *testing.T) {
			if testing.Short() && c.Variant.Case == "large" {
				t.Skip("30 epochs of 1,000 rows of 3,072 features")
			}
			c.run(t, list.Seed)
		})
	}
	if ran < 4 {
		t.Errorf("ran %d trainings, want at least the 4 of testdata", ran)
	}
}

var kerasMonitors = map[string]Monitor{"": ValLoss, "val_loss": ValLoss, "val_accuracy": ValAccuracy, "loss": Loss, "accuracy": Accuracy}

// callbacks are those of the case; saved takes the epochs that are saved.
func (c fitCase) callbacks(saved *[]int) []Callback {
	var list []Callback
	v, checkpoint := c.Variant, ModelCheckpoint{SaveBestOnly: true}
	checkpoint.Save = func(e Epoch, _ *Head) error { *saved = append(*saved, e.N-1); return nil }
	if v.ES != nil {
		checkpoint.Monitor = kerasMonitors[v.ES.Monitor]
		list = append(list, EarlyStopping{Patience: v.ES.Patience, MinDelta: v.ES.MinDelta, Monitor: checkpoint.Monitor,
			RestoreBestWeights: v.ES.Restore == nil || *v.ES.Restore})
	}
	if v.RL != nil {
		r := ReduceLROnPlateau{Patience: v.RL.Patience, Cooldown: v.RL.Cooldown, MinDelta: v.RL.MinDelta,
			Monitor: kerasMonitors[v.RL.Monitor], Factor: v.RL.Factor, MinLR: 1e-5}
		if r.Factor == 0 {
			r.Factor = 0.5
		}
		if v.RL.MinLR != nil {
			r.MinLR = *v.RL.MinLR
		}
		list = append(list, r)
	}
	return append(list, checkpoint)
}

func (c fitCase) run(t *testing.T, seed string) {
	v := c.Variant
	f := goldenFeatures(seed, v.Case)
	h := goldenHead(t, seed, v.Case, f, v.Deep)
	var held *data.Features
	if v.Split > 0 {
		var err error
		if f, held, err = f.Split(v.Split); err != nil {
			t.Fatal(err)
		}
	}
	if v.YShift {
		shifted := *f
		shifted.Labels = slices.Clone(f.Labels)
		for i := range shifted.Labels {
			shifted.Labels[i] = (shifted.Labels[i] + 1) % len(f.Classes)
		}
		f = &shifted
	}
	var saved []int
	training := Training{Epochs: v.Epochs, Batch: v.Batch, Optimizer: c.optimizer(t), NoShuffle: true, Callbacks: c.callbacks(&saved)}
	if v.ClassWeight {
		training.ClassWeights = map[string]float64{}
		for i, name := range f.Classes {
			training.ClassWeights[name] = golden.ClassWeight(i)
		}
	}
	var history History
	for e, err := range h.Train(context.Background(), f, held, training) {
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, e)
	}
	if len(history) != c.EpochsRun || !slices.Equal(saved, c.Checkpoints) {
		t.Fatalf("want %d epochs, saved after %v, got %d, %v", c.EpochsRun, c.Checkpoints, len(history), saved)
	}
	for i, e := range history {
		got := map[string]float64{"loss": e.Loss, "accuracy": e.Accuracy, "learning_rate": e.LearningRate}
		tolerance := map[string]float64{"loss": fitLoss, "accuracy": fitAccuracy, "val_loss": fitLoss, "val_accuracy": fitAccuracy,
			"learning_rate": fitRate * e.LearningRate}
		if held != nil {
			got["val_loss"], got["val_accuracy"] = e.ValLoss, e.ValAccuracy
		} else if !math.IsNaN(e.ValLoss) || e.ValRows != 0 {
			t.Errorf("epoch %d: no rows held out, got loss %v", e.N, e.ValLoss)
		}
		if len(got) != len(c.History) {
			t.Fatalf("want figures %v, got %v", c.History, got)
		}
		for name, g := range got {
			if d := math.Abs(g - c.History[name][i]); !(d <= tolerance[name]) {
				t.Errorf("epoch %d: %s: want %v, got %v", e.N, name, c.History[name][i], g)
			}
		}
	}
	for path, want := range c.Final {
		got := h.values[path].Float32s()
		check := func(i int, w float64) {
			if d := math.Abs(float64(got[i]) - w); !(d <= fitWeight+fitWeightPerLR*v.LR) {
				t.Errorf("%s[%d]: want %v, got %v", path, i, w, got[i])
			}
		}
		for i, w := range want.Values {
			check(i, w)
		}
		for i, w := range want.SampleValues {
			check(want.SampleIndex[i], w)
		}
		if want.SampleValues == nil {
			continue
		}
		l2 := 0.0
		for _, g := range got {
			l2 += float64(g) * float64(g)
		}
		if l2 = math.Sqrt(l2); math.Abs(l2-want.L2) > fitNorm*want.L2 {
			t.Errorf("%s: l2: want %v, got %v", path, want.L2, l2)
		}
	}
}
