package head

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
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

// unsupported says why a fit is not run, or "".
func (c fitCase) unsupported() string {
	v := c.Variant
	switch {
	case v.Opt != "Adam":
		return "optimizer " + v.Opt
	case len(v.KW) > 0:
		return fmt.Sprint("optimizer options ", v.KW)
	case v.Deep:
		return "batch normalization"
	case v.ClassWeight:
		return "class weights"
	}
	return ""
}

// The closed forms of golden/training/README.md §1.

func hashed(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// splitMix is output i of the SplitMix64 generator that starts at seed.
func splitMix(seed uint64, i int) uint64 {
	z := seed + uint64(i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func signedUnit(seed uint64, i int) float64 {
	return (float64(splitMix(seed, i)>>40) - 1<<23) / (1 << 23)
}

// goldenFeatures are the rows of a case of the recorded trainings.
func goldenFeatures(seed, name string) *data.Features {
	c := map[string]struct {
		rows, inputs, classes int
		amplitude             float64
		relu                  bool
	}{
		"small": {300, 20, 7, 0.5, false},
		"large": {1000, 3072, 120, 0.25, true},
		"noisy": {97, 20, 7, 0.25, false},
	}[name]
	path := seed + "/" + name
	labels, means, noise := hashed(path+"/labels"), hashed(path+"/means"), hashed(path+"/noise")
	f := &data.Features{Width: c.inputs, Labels: make([]int, c.rows), X: make([]float32, c.rows*c.inputs)}
	for k := range c.classes {
		f.Classes = append(f.Classes, fmt.Sprint("class ", k))
	}
	for i := range f.Labels {
		f.Labels[i] = int((splitMix(labels, i) >> 32) % uint64(c.classes))
		row := f.Row(i)
		for d := range row {
			v := c.amplitude*signedUnit(means, f.Labels[i]*c.inputs+d) + signedUnit(noise, i*c.inputs+d)
			if c.relu {
				v = math.Max(0, v)
			}
			row[d] = float32(v)
		}
	}
	return f
}

// goldenHead is the linear head of a case with the recorded initial weights.
func goldenHead(t *testing.T, seed, name string, f *data.Features) *Head {
	t.Helper()
	h, err := New(Config{Inputs: f.Width, Classes: f.Classes})
	if err != nil {
		t.Fatal(err)
	}
	inputs, classes := f.Width, len(f.Classes)
	kernel, bias := make([]float32, inputs*classes), make([]float32, classes)
	kernelSeed, biasSeed := hashed(seed+"/"+name+"/out/kernel"), hashed(seed+"/"+name+"/out/bias")
	limit := math.Sqrt(6 / float64(inputs+classes))
	for i := range kernel {
		kernel[i] = float32(signedUnit(kernelSeed, i) * limit)
	}
	for i := range bias {
		bias[i] = float32(0.125 * signedUnit(biasSeed, i))
	}
	if err := h.load(nn.Values{
		"predictions/kernel": tensor.New(tensor.WithShape(inputs, classes), tensor.WithBacking(kernel)),
		"predictions/bias":   tensor.New(tensor.WithShape(classes), tensor.WithBacking(bias)),
	}); err != nil {
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
		if why := c.unsupported(); why != "" {
			t.Logf("%s: not run: %s", c.Name, why)
			continue
		}
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
	h := goldenHead(t, seed, v.Case, f)
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
	training := Training{Epochs: v.Epochs, Batch: v.Batch, LearningRate: v.LR, NoShuffle: true, Callbacks: c.callbacks(&saved)}
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
		got := h.values["predictions"+path[len("out"):]].Float32s()
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
