package nn

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	traceScaled      = 1e-5 // losses and weights of features times 1024
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
		ran++
		t.Run(tr.Name, func(t *testing.T) { tr.run(t) })
	}
	if ran < 2 {
		t.Errorf("ran %d traces, want at least the 2 of testdata", ran)
	}
}

// optimizer is that of the trace; an option that is unknown here fails the test.
func (tr trace) optimizer(t *testing.T) Optimizer {
	t.Helper()
	c := tr.Optimizer.Config
	for name, value := range c {
		switch name {
		case "name", "learning_rate", "clipnorm", "global_clipnorm", "clipvalue", "weight_decay", "beta_1", "beta_2",
			"epsilon", "amsgrad", "momentum", "nesterov", "rho", "centered", "ema_momentum":
		default:
			if value != nil && value != false {
				t.Fatalf("optimizer option %s = %v: not known here", name, value)
			}
		}
	}
	lr := number(c, "learning_rate")
	clip := Clip{Norm: number(c, "clipnorm"), GlobalNorm: number(c, "global_clipnorm"), Value: number(c, "clipvalue")}
	adam := Adam{LearningRate: lr, Beta1: number(c, "beta_1"), Beta2: number(c, "beta_2"), Epsilon: number(c, "epsilon"),
		AMSGrad: c["amsgrad"] == true, Clip: clip}
	switch tr.Optimizer.Class {
	case "Adam":
		return adam
	case "AdamW":
		return AdamW{Adam: adam, WeightDecay: number(c, "weight_decay")}
	case "SGD":
		return SGD{LearningRate: lr, Momentum: number(c, "momentum"), Nesterov: c["nesterov"] == true, Clip: clip}
	case "RMSprop":
		return RMSprop{LearningRate: lr, Rho: number(c, "rho"), Momentum: number(c, "momentum"), Epsilon: number(c, "epsilon"),
			Centered: c["centered"] == true, Clip: clip}
	}
	t.Fatalf("optimizer %s: not known here", tr.Optimizer.Class)
	return nil
}

// head declares the head of the trace and returns its initial weights.
func (tr trace) head(t *testing.T, c golden.TrainingCase) (logits, probabilities *Node, initial Values) {
	t.Helper()
	b := NewBuilder()
	x := b.Input("features", c.Inputs)
	rate, l2 := number(tr.Options, "rate"), number(tr.Options, "l2")
	arrays := map[string][]float32{}
	switch tr.Head {
	case "linear":
		arrays["out/kernel"], arrays["out/bias"] = c.LinearHead()
	case "deep":
		arrays = c.DeepHead()
		x = b.Dense("hidden", x, Dense{Units: golden.DeepUnits, Activation: ReLU, L2: l2})
		x = b.BatchNormalization("bn", x, BatchNormalization{})
	default:
		t.Fatalf("head %s: not known here", tr.Head)
	}
	if rate > 0 {
		x = b.Dropout("dropout", x, Dropout{Rate: rate})
	}
	logits = b.Dense("out", x, Dense{Units: c.Classes, L2: l2})
	probabilities = b.Softmax("softmax", logits)
	weights, err := Weights(probabilities)
	if err != nil {
		t.Fatal(err)
	}
	initial = Values{}
	for _, w := range weights {
		initial[w.Name] = tensor.New(tensor.WithShape(w.Shape...), tensor.WithBacking(arrays[w.Name]))
	}
	return logits, probabilities, initial
}

// rows are the data of the trace with the weights of the rows, or nil.
func (tr trace) rows(c golden.TrainingCase) (x [][]float32, labels []int, weights []float32) {
	flat, labels := c.Data()
	if scale := number(tr.Options, "x_scale"); scale != 0 {
		for i := range flat {
			flat[i] *= float32(scale)
		}
	}
	for i := range labels {
		x = append(x, flat[i*c.Inputs:(i+1)*c.Inputs])
	}
	switch {
	case tr.Options["sample_weight"] == true:
		weights = c.SampleWeights()
	case tr.Options["class_weight"] == true:
		for _, l := range labels {
			weights = append(weights, float32(golden.ClassWeight(l)))
		}
	}
	return x, labels, weights
}

func (tr trace) run(t *testing.T) {
	for option := range tr.Options {
		if !slices.Contains([]string{"rate", "label_smoothing", "class_weight", "sample_weight", "sparse", "from_logits", "l2", "x_scale"}, option) {
			t.Fatalf("option %s: not known here", option)
		}
	}
	c := golden.Training(tr.Seed, tr.Case)
	x, labels, weights := tr.rows(c)
	logits, probabilities, initial := tr.head(t, c)
	maskOf := map[string]int{"linear": 0, "deep": 1}[tr.Head]
	smoothing := number(tr.Options, "label_smoothing")
	trainer, err := NewTrainer(initial, TrainerConfig{
		Batch: tr.Batch, Optimizer: tr.optimizer(t), LabelSmoothing: smoothing,
		masks: func(_ string, step uint64, row int, keep []bool) {
			c.Mask(maskOf, step, number(tr.Options, "rate"), row, keep)
		},
	}, probabilities)
	if err != nil {
		t.Fatal(err)
	}
	defer trainer.Close()

	lr := number(tr.Optimizer.Config, "learning_rate")
	lossTolerance, weightTolerance := traceLoss, traceWeight
	switch {
	case tr.Options["x_scale"] != nil:
		lossTolerance, weightTolerance = traceScaled, traceScaled
	case strings.HasPrefix(tr.Optimizer.Class, "Adam"):
		weightTolerance += traceWeightPerLR * lr
	}
	for _, s := range tr.Steps {
		from, to := s.FirstRow, s.FirstRow+s.Rows
		batch := Batch{X: x[from:to], Labels: labels[from:to]}
		if weights != nil {
			batch.Weights = weights[from:to]
		}
		if tr.Options["sparse"] != true { // categorical: one-hot targets
			batch.Labels, batch.Targets = nil, make([]float32, s.Rows*c.Classes)
			for i, l := range labels[from:to] {
				batch.Targets[i*c.Classes+l] = 1
			}
		}
		r, err := trainer.Step(context.Background(), batch)
		if err != nil {
			t.Fatalf("step %d: %v", s.Step, err)
		}
		if d := math.Abs(r.Loss - s.Loss); !(d <= lossTolerance*math.Max(1, s.Loss)) {
			t.Errorf("step %d: loss: want %v, got %v", s.Step, s.Loss, r.Loss)
		}
		if want := int(math.Round(s.Accuracy * float64(s.Rows))); r.Correct != want {
			t.Errorf("step %d: want %d of %d rows right, got %d", s.Step, want, s.Rows, r.Correct)
		}
		if s.Step == 1 {
			tr.checkGradients(t, trainer)
		}
		for name, want := range tr.Weights[fmt.Sprint(s.Step)] {
			got, err := trainer.Param(name, want.Shape...)
			if err != nil {
				t.Fatal(err)
			}
			want.check(t, fmt.Sprintf("step %d: %s", s.Step, name), got.Float32s(), weightTolerance)
		}
	}
	if tr.After != nil {
		tr.checkTrainer(t, trainer, x, labels)
		tr.checkModel(t, trainer, x, logits, probabilities)
	}
}

// checkGradients compares those of the last step, which clipping has changed
// since in the traces that have it.
func (tr trace) checkGradients(t *testing.T, trainer *Trainer) {
	t.Helper()
	if trainer.solver.clip != (Clip{}) {
		return
	}
	for _, w := range trainer.trainable() {
		grad, err := trainer.graph.nodes[w].Grad()
		if err != nil {
			t.Fatal(err)
		}
		want, g := tr.Gradient[w.Name], grad.(*tensor.Dense).Float32s()
		want.check(t, "gradient of "+w.Name, g, traceGradient*want.largest(g))
	}
}

// checkTrainer compares the trainer's logits outside training.
func (tr trace) checkTrainer(t *testing.T, trainer *Trainer, x [][]float32, labels []int) {
	t.Helper()
	z, err := trainer.Logits(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	classes := len(z) / len(x)
	a := number(tr.Options, "label_smoothing")
	loss, right := 0.0, 0
	for i, l := range labels {
		row := z[i*classes : (i+1)*classes]
		most := float64(row[argmax(row)])
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - most)
		}
		for k, v := range row {
			target := a / float64(classes)
			if k == l {
				target += 1 - a
			}
			loss -= target * (float64(v) - most - math.Log(sum)) / float64(len(x))
		}
		if argmax(row) == l {
			right++
		}
	}
	loss += trainer.Penalty()
	want, tolerance := tr.After.Evaluate, traceLoss
	if tr.Options["x_scale"] != nil {
		tolerance = traceScaled
	}
	if math.Abs(loss-want.Loss) > tolerance*math.Max(1, want.Loss) {
		t.Errorf("evaluation: loss: want %v, got %v", want.Loss, loss)
	}
	if right != int(math.Round(want.Accuracy*float64(len(x)))) {
		t.Errorf("evaluation: accuracy: want %v, got %d of %d", want.Accuracy, right, len(x))
	}
}

// checkModel compares the compiled model of the trained weights.
func (tr trace) checkModel(t *testing.T, trainer *Trainer, x [][]float32, logits, probabilities *Node) {
	t.Helper()
	const rows = 8
	model, err := Compile(trainer, Config{Batch: rows}, logits, probabilities)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	out, err := model.Run(context.Background(), tensor.New(tensor.WithShape(rows, len(x[0])), tensor.WithBacking(slices.Concat(x[:rows]...))))
	if err != nil {
		t.Fatal(err)
	}
	if tr.Options["from_logits"] == true {
		tr.After.Predict.check(t, "logits", out[0].Float32s(), traceLogit)
	} else {
		tr.After.Predict.check(t, "probabilities", out[1].Float32s(), traceProbability)
	}
}
