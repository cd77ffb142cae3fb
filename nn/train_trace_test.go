package nn

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/golden"
)

// The tolerances of golden/training/README.md §2, from the difference between
// Keras in float32 and in float64.
const (
	traceLoss        = 3e-6 // times max(1, loss)
	traceGradient    = 2e-6 // times the largest entry of that variable
	traceWeight      = 2e-6 // plus traceWeightPerLR times the learning rate
	traceWeightPerLR = 5e-4
	traceNorm        = 2e-6 // relative, of l2, l1 and max_abs
	traceProbability = 1e-5
	traceLogit       = 2e-5
)

// trace is ten training steps as Keras took them.
type trace struct {
	Name, Seed, Case, Head string
	Options                map[string]any
	Batch                  int
	Optimizer              struct {
		Class  string
		Config map[string]any
	}
	Steps []struct {
		Step     int
		FirstRow int `json:"first_row"`
		Rows     int
		Loss     float64
		Accuracy float64
	}
	Gradient map[string]record            `json:"gradient_of_first_step"`
	Weights  map[string]map[string]record `json:"weights_after_step"`
	After    *struct {
		Predict  record                           `json:"predict_rows_0_to_7"`
		Evaluate struct{ Loss, Accuracy float64 } `json:"evaluate_all_rows_one_batch"`
	} `json:"after_last_step"`
}

// record is a whole array, or samples of a large one with its norms.
type record struct {
	Shape        []int
	Values       []float64
	SampleIndex  []int     `json:"sample_index"`
	SampleValues []float64 `json:"sample_values"`
	L2, L1       float64
	MaxAbs       float64 `json:"max_abs"`
}

func (r record) check(t *testing.T, what string, got []float32, tolerance float64) {
	t.Helper()
	worst, at := 0.0, 0
	compare := func(i int, want float64) {
		if d := math.Abs(float64(got[i]) - want); !(d <= worst) {
			worst, at = d, i
		}
	}
	for i, v := range r.Values {
		compare(i, v)
	}
	for i, v := range r.SampleValues {
		compare(r.SampleIndex[i], v)
	}
	if !(worst <= tolerance) {
		t.Errorf("%s: element %d: off by %.2g, want at most %.2g", what, at, worst, tolerance)
	}
	if r.Values != nil {
		return
	}
	var l1, l2 float64
	for _, v := range got {
		l1 += math.Abs(float64(v))
		l2 += float64(v) * float64(v)
	}
	for name, pair := range map[string][2]float64{"l1": {l1, r.L1}, "l2": {math.Sqrt(l2), r.L2}, "max": {r.largest(got), r.MaxAbs}} {
		if math.Abs(pair[0]-pair[1]) > traceNorm*math.Abs(pair[1]) {
			t.Errorf("%s: %s: want %v, got %v", what, name, pair[1], pair[0])
		}
	}
}

func (r record) largest(v []float32) float64 {
	m := 0.0
	for _, x := range v {
		m = math.Max(m, math.Abs(float64(x)))
	}
	return m
}

// unsupported says why a trace is not run, or "".
func (tr trace) unsupported() string {
	for option := range tr.Options {
		switch option {
		case "rate", "from_logits", "sparse", "label_smoothing":
		default:
			return "option " + option
		}
	}
	if tr.Head != "linear" {
		return "head " + tr.Head
	}
	if tr.Optimizer.Class != "Adam" {
		return "optimizer " + tr.Optimizer.Class
	}
	for _, option := range []string{"clipnorm", "global_clipnorm", "clipvalue", "weight_decay"} {
		if tr.Optimizer.Config[option] != nil {
			return "optimizer option " + option
		}
	}
	if tr.Optimizer.Config["amsgrad"] == true {
		return "optimizer option amsgrad"
	}
	return ""
}

func number(m map[string]any, key string) float64 {
	v, _ := m[key].(float64)
	return v
}

func TestTrainerTakesTheStepsOfKeras(t *testing.T) {
	dir := "testdata/training"
	if root := golden.Root(t); root != "" {
		dir = filepath.Join(root, "training", "traces")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s: %v", dir, err)
	}
	ran := 0
	for _, file := range files {
		if filepath.Base(file) == "noise_floor.json" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tr trace
		if err := json.Unmarshal(text, &tr); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if why := tr.unsupported(); why != "" {
			t.Logf("%s: not run: %s", tr.Name, why)
			continue
		}
		ran++
		t.Run(tr.Name, func(t *testing.T) { tr.run(t) })
	}
	if ran < 2 {
		t.Errorf("ran %d traces, want at least the 2 of testdata", ran)
	}
}

func (tr trace) run(t *testing.T) {
	c := golden.Training(tr.Seed, tr.Case)
	x, labels := c.Data()
	smoothing := number(tr.Options, "label_smoothing")
	targets := make([]float32, c.Rows*c.Classes)
	for i, l := range labels {
		for k := range c.Classes {
			one := 0.0
			if k == l {
				one = 1
			}
			targets[i*c.Classes+k] = float32(one*(1-smoothing) + smoothing/float64(c.Classes))
		}
	}

	b := NewBuilder()
	n := b.Input("features", c.Inputs)
	rate := number(tr.Options, "rate")
	if rate > 0 {
		n = b.Dropout("dropout", n, Dropout{Rate: rate})
	}
	logits := b.Dense("out", n, Dense{Units: c.Classes})
	probabilities := b.Softmax("softmax", logits)
	config := tr.Optimizer.Config
	lr := number(config, "learning_rate")
	kernel, bias := c.LinearHead()
	initial := Values{
		"out/kernel": tensor.New(tensor.WithShape(c.Inputs, c.Classes), tensor.WithBacking(kernel)),
		"out/bias":   tensor.New(tensor.WithShape(c.Classes), tensor.WithBacking(bias)),
	}
	trainer, err := NewTrainer(initial, TrainerConfig{
		Batch: tr.Batch,
		Optimizer: Adam{LearningRate: lr, Beta1: number(config, "beta_1"),
			Beta2: number(config, "beta_2"), Epsilon: number(config, "epsilon")},
		masks: func(_ string, step uint64, keep []bool) {
			c.Mask(step, rate, keep)
		},
	}, probabilities)
	if err != nil {
		t.Fatal(err)
	}

	for _, s := range tr.Steps {
		first, last := s.FirstRow, s.FirstRow+s.Rows
		loss, correct, err := trainer.Step(context.Background(), x[first*c.Inputs:last*c.Inputs], targets[first*c.Classes:last*c.Classes])
		if err != nil {
			t.Fatalf("step %d: %v", s.Step, err)
		}
		if d := math.Abs(loss - s.Loss); !(d <= traceLoss*math.Max(1, s.Loss)) {
			t.Errorf("step %d: loss: want %v, got %v", s.Step, s.Loss, loss)
		}
		if want := int(math.Round(s.Accuracy * float64(s.Rows))); correct != want {
			t.Errorf("step %d: want %d of %d rows right, got %d", s.Step, want, s.Rows, correct)
		}
		if s.Step == 1 {
			for _, w := range trainer.graph.weights {
				grad, err := w.node.Grad()
				if err != nil {
					t.Fatal(err)
				}
				want, g := tr.Gradient[w.Name], grad.(*tensor.Dense).Float32s()
				want.check(t, "gradient of "+w.Name, g, traceGradient*want.largest(g))
			}
		}
		for name, want := range tr.Weights[fmt.Sprint(s.Step)] {
			got, err := trainer.Param(name, want.Shape...)
			if err != nil {
				t.Fatal(err)
			}
			want.check(t, fmt.Sprintf("step %d: %s", s.Step, name), got.Float32s(), traceWeight+traceWeightPerLR*lr)
		}
	}
	if tr.After != nil {
		tr.checkModel(t, trainer, x, labels, targets, logits, probabilities)
	}
}

// checkModel compares the compiled model of the trained weights.
func (tr trace) checkModel(t *testing.T, trainer *Trainer, x []float32, labels []int, targets []float32, logits, probabilities *Node) {
	c := golden.Training(tr.Seed, tr.Case)
	model, err := Compile(trainer, Config{Batch: c.Rows}, logits, probabilities)
	if err != nil {
		t.Fatal(err)
	}
	out, err := model.Run(context.Background(), tensor.New(tensor.WithShape(c.Rows, c.Inputs), tensor.WithBacking(x)))
	if err != nil {
		t.Fatal(err)
	}
	z, p := out[0].Float32s(), out[1].Float32s()
	if tr.Options["from_logits"] == true {
		tr.After.Predict.check(t, "logits", z, traceLogit)
	} else {
		tr.After.Predict.check(t, "probabilities", p, traceProbability)
	}
	loss, right := 0.0, 0
	for i, l := range labels {
		row := z[i*c.Classes : (i+1)*c.Classes]
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v))
		}
		for k, v := range row {
			loss -= float64(targets[i*c.Classes+k]) * (float64(v) - math.Log(sum)) / float64(c.Rows)
		}
		if argmax(row) == l {
			right++
		}
	}
	want := tr.After.Evaluate
	if math.Abs(loss-want.Loss) > traceLoss*math.Max(1, want.Loss) {
		t.Errorf("evaluation: loss: want %v, got %v", want.Loss, loss)
	}
	if right != int(math.Round(want.Accuracy*float64(c.Rows))) {
		t.Errorf("evaluation: accuracy: want %v, got %d of %d", want.Accuracy, right, c.Rows)
	}
}
