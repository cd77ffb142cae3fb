package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/tensor"
)

// hiddenGradient bounds a float32 gradient against central differences in
// float64 with step 1e-4, whose own error is below 1e-8.
const hiddenGradient = 1e-6

// ripple is a source of weights without symmetry, for any name and shape.
type ripple struct{}

func (ripple) Param(name string, shape ...int) (*tensor.Dense, error) {
	v := make([]float32, tensor.Shape(shape).TotalSize())
	for i := range v {
		v[i] = float32(0.6 * math.Sin(float64(i)*2.3+float64(len(name))))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v)), nil
}

// rows returns n rows of features and their one-hot targets.
func rows(n, inputs, classes int) (x, targets []float32) {
	x, targets = make([]float32, n*inputs), make([]float32, n*classes)
	for i := range x {
		x[i] = float32(math.Cos(float64(i) * 1.1))
	}
	for i := range n {
		targets[i*classes+(i*i)%classes] = 1
	}
	return x, targets
}

// trainBatch are flat rows with their targets.
func trainBatch(x, targets []float32, inputs int) Batch {
	b := Batch{Targets: targets}
	for ; len(x) >= inputs && inputs > 0; x = x[inputs:] {
		b.X = append(b.X, x[:inputs])
	}
	return b
}

// tower declares Dropout → Dense relu → Dense swish → Dense → softmax.
func tower(inputs, classes int, rate float64) *Node {
	b := NewBuilder()
	x := b.Dropout("dropout", b.Input("features", inputs), Dropout{Rate: rate})
	x = b.Dense("hidden", x, Dense{Units: 6, Activation: ReLU})
	x = b.Activation("swish", b.Dense("second", x, Dense{Units: 4}), Swish)
	return b.Dense("out", x, Dense{Units: classes, Activation: Softmax})
}

// towerLoss is the mean loss of tower without dropout in float64.
func towerLoss(p map[string][]float64, x, targets []float32, inputs, classes int) float64 {
	layer := func(in []float64, name string, units int, f func(float64) float64) []float64 {
		out := make([]float64, units)
		for u := range out {
			out[u] = p[name+"/bias"][u]
			for i, v := range in {
				out[u] += v * p[name+"/kernel"][i*units+u]
			}
			out[u] = f(out[u])
		}
		return out
	}
	n, loss := len(x)/inputs, 0.0
	for r := range n {
		v := make([]float64, inputs)
		for i := range v {
			v[i] = float64(x[r*inputs+i])
		}
		v = layer(v, "hidden", 6, func(a float64) float64 { return math.Max(0, a) })
		v = layer(v, "second", 4, func(a float64) float64 { return a / (1 + math.Exp(-a)) })
		v = layer(v, "out", classes, func(a float64) float64 { return a })
		sum := 0.0
		for _, a := range v {
			sum += math.Exp(a)
		}
		for k, a := range v {
			loss -= float64(targets[r*classes+k]) * (a - math.Log(sum)) / float64(n)
		}
	}
	return loss
}

func TestTrainerGradientsOfHiddenLayers(t *testing.T) {
	const inputs, classes = 5, 3
	for _, n := range []int{1, 3, 4} { // a full batch and smaller ones
		t.Run(fmt.Sprint(n, " rows"), func(t *testing.T) {
			x, targets := rows(n, inputs, classes)
			trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: 4}, tower(inputs, classes, 0))
			if err != nil {
				t.Fatal(err)
			}
			p := map[string][]float64{}
			for _, w := range trainer.weights.list {
				for _, v := range w.values {
					p[w.Name] = append(p[w.Name], float64(v))
				}
			}
			r, err := trainer.Step(context.Background(), trainBatch(x, targets, inputs))
			if err != nil {
				t.Fatal(err)
			}
			if want := towerLoss(p, x, targets, inputs, classes); math.Abs(r.Loss-want) > hiddenGradient {
				t.Errorf("loss: want %v, got %v", want, r.Loss)
			}
			for _, w := range trainer.weights.list {
				grad, err := trainer.graph.nodes[w].Grad()
				if err != nil {
					t.Fatal(err)
				}
				for i, got := range grad.(*tensor.Dense).Float32s() {
					v := p[w.Name]
					at := v[i]
					v[i] = at + 1e-4
					up := towerLoss(p, x, targets, inputs, classes)
					v[i] = at - 1e-4
					down := towerLoss(p, x, targets, inputs, classes)
					v[i] = at
					if want := (up - down) / 2e-4; math.Abs(float64(got)-want) > hiddenGradient {
						t.Errorf("%s[%d]: want gradient %v, got %v", w.Name, i, want, got)
					}
				}
			}
		})
	}
}

// trained takes a few steps with dropout and returns the weights.
func trained(t *testing.T, seed uint64) Values {
	t.Helper()
	const n, inputs, classes = 64, 300, 40 // large enough for gonum to use all cores
	x, targets := rows(n, inputs, classes)
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: n, Seed: seed}, tower(inputs, classes, 0.5))
	if err != nil {
		t.Error(err)
		return nil
	}
	for step := range 5 {
		rows := n - step // not all of one size
		if _, err := trainer.Step(context.Background(), trainBatch(x[:rows*inputs], targets[:rows*classes], inputs)); err != nil {
			t.Error(err)
			return nil
		}
	}
	return trainer.Weights()
}

func same(a, b Values) bool {
	for name, w := range a {
		for i, v := range w.Float32s() {
			if math.Float32bits(v) != math.Float32bits(b[name].Float32s()[i]) {
				return false
			}
		}
	}
	return len(a) == len(b)
}

func TestTrainerIsReproducible(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := trained(t, 1)
	for _, cores := range []int{2, 4} {
		runtime.GOMAXPROCS(cores)
		if !same(want, trained(t, 1)) {
			t.Errorf("GOMAXPROCS %d: other weights than with 1", cores)
		}
	}
	if same(want, trained(t, 2)) {
		t.Error("another seed gave the same weights")
	}
}

// Trainers share nothing, not even while their graphs are built.
func TestTrainersSideBySide(t *testing.T) {
	want := trained(t, 1)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for range 3 {
				if !same(want, trained(t, 1)) {
					t.Error("other weights than alone")
				}
			}
		})
	}
	wait.Wait()
}

func TestTrainerWeights(t *testing.T) {
	const inputs, classes = 5, 3
	x, targets := rows(4, inputs, classes)
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: 4}, tower(inputs, classes, 0))
	if err != nil {
		t.Fatal(err)
	}
	before := trainer.Weights()
	for name, w := range before {
		want, _ := ripple{}.Param(name, w.Shape()...)
		if !same(Values{name: want}, Values{name: w}) {
			t.Errorf("%s: not the weights given", name)
		}
	}
	if _, err := trainer.Step(context.Background(), trainBatch(x, targets, inputs)); err != nil {
		t.Fatal(err)
	}
	after := trainer.Weights()
	if same(before, after) {
		t.Error("a step changed nothing, or the copies changed with it")
	}
	if err := trainer.SetWeights(before); err != nil {
		t.Fatal(err)
	}
	if !same(before, trainer.Weights()) {
		t.Error("SetWeights did not bring the weights back")
	}
	delete(after, "out/bias")
	if err := trainer.SetWeights(after); err == nil || !same(before, trainer.Weights()) {
		t.Errorf("SetWeights with a weight missing: want an error and no change, got %v", err)
	}
	if _, err := trainer.Param("out/bias", 4); err == nil || !strings.Contains(err.Error(), "want shape [4], got (3)") {
		t.Errorf("Param of another shape: got %v", err)
	}
	if _, err := trainer.Param("other/bias", 4); err == nil {
		t.Error("Param of another name: want an error")
	}
}

func TestTrainerErrors(t *testing.T) {
	const inputs, classes = 5, 3
	x, targets := rows(4, inputs, classes)
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: 3}, tower(inputs, classes, 0))
	if err != nil {
		t.Fatal(err)
	}
	before := trainer.Weights()
	ended, end := context.WithCancel(context.Background())
	end()
	two := [][]float32{x[:5], x[5:10]}
	steps := []struct {
		ctx   context.Context
		batch Batch
		want  string
	}{
		{context.Background(), trainBatch(x, targets, inputs), "want 1 to 3 rows, got 4"},
		{context.Background(), Batch{}, "want 1 to 3 rows, got 0"},
		{context.Background(), Batch{X: [][]float32{x[:5], x[:7]}, Targets: targets[:6]}, "row 1: want 5 inputs, got 7"},
		{context.Background(), Batch{X: two, Targets: targets[:3]}, "want 2 rows of 3 targets, got 3 values"},
		{context.Background(), Batch{X: two}, "want either labels or targets"},
		{context.Background(), Batch{X: two, Labels: []int{1, 2}, Targets: targets[:6]}, "want either labels or targets"},
		{context.Background(), Batch{X: two, Labels: []int{1}}, "want 2 labels, got 1"},
		{context.Background(), Batch{X: two, Labels: []int{1, 3}}, "row 1: want a label from 0 to 2, got 3"},
		{context.Background(), Batch{X: two, Labels: []int{1, 2}, Weights: []float32{1}}, "want 2 weights, got 1"},
		{ended, Batch{X: two, Labels: []int{1, 2}}, context.Canceled.Error()},
	}
	for _, s := range steps {
		if _, err := trainer.Step(s.ctx, s.batch); err == nil || !strings.Contains(err.Error(), s.want) {
			t.Errorf("step: want an error with %q, got %v", s.want, err)
		}
	}
	if _, err := trainer.Logits(context.Background(), [][]float32{x[:4]}); err == nil || !strings.Contains(err.Error(), "row 0: want 5 inputs, got 4") {
		t.Errorf("logits of a short row: got %v", err)
	}
	for _, rate := range []float64{-1, math.NaN(), math.Inf(1)} {
		if err := trainer.SetLearningRate(rate); err == nil {
			t.Errorf("learning rate %v: want an error", rate)
		}
	}
	if !same(before, trainer.Weights()) || trainer.LearningRate() != float64(float32(1e-3)) {
		t.Error("an error changed the trainer")
	}

	declare := func(f func(b *Builder, x *Node) *Node) *Node {
		b := NewBuilder()
		return f(b, b.Input("features", inputs))
	}
	builds := []struct {
		name string
		cfg  TrainerConfig
		node *Node
		want string
	}{
		{"no softmax", TrainerConfig{}, declare(func(b *Builder, x *Node) *Node { return b.Dense("out", x, Dense{Units: 3}) }),
			"out (Dense): the last layer of a network to train must be a softmax"},
		{"multiply", TrainerConfig{}, declare(func(b *Builder, x *Node) *Node {
			return b.Softmax("softmax", b.Dense("out", b.Multiply("gate", x, x), Dense{Units: 3}))
		}), "gate (Multiply): layers of this class cannot be trained"},
		{"inner softmax", TrainerConfig{}, declare(func(b *Builder, x *Node) *Node {
			return b.Softmax("softmax", b.Dense("out", x, Dense{Units: 3, Activation: Softmax}))
		}), "out (Dense): softmax cannot be trained but as the last layer"},
		{"no weights", TrainerConfig{}, declare(func(b *Builder, x *Node) *Node { return b.Softmax("softmax", x) }), "nothing to train"},
		{"builder error", TrainerConfig{}, declare(func(b *Builder, x *Node) *Node { return b.Dense("", x, Dense{}) }), "units"},
		{"batch", TrainerConfig{Batch: -1}, tower(5, 3, 0), "batch: want above 0, got -1"},
		{"rate", TrainerConfig{Optimizer: Adam{LearningRate: -1}}, tower(5, 3, 0), "learning rate"},
		{"beta", TrainerConfig{Optimizer: Adam{Beta1: 1}}, tower(5, 3, 0), "Adam: Beta1"},
		{"decay", TrainerConfig{Optimizer: AdamW{WeightDecay: -1}}, tower(5, 3, 0), "AdamW: weight decay"},
		{"momentum", TrainerConfig{Optimizer: SGD{Momentum: 1}}, tower(5, 3, 0), "SGD: momentum: want a number in [0, 1), got 1"},
		{"rho", TrainerConfig{Optimizer: RMSprop{Rho: -1}}, tower(5, 3, 0), "RMSprop: rho"},
		{"clips", TrainerConfig{Optimizer: SGD{Clip: Clip{Norm: 1, Value: 1}}}, tower(5, 3, 0), "clip: want one of"},
		{"clip", TrainerConfig{Optimizer: Adam{Clip: Clip{Norm: math.NaN()}}}, tower(5, 3, 0), "clip: want a number"},
		{"smoothing", TrainerConfig{LabelSmoothing: 1}, tower(5, 3, 0), "label smoothing"},
	}
	for _, c := range builds {
		if _, err := NewTrainer(ripple{}, c.cfg, c.node); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
	if _, err := NewTrainer(Values{}, TrainerConfig{}, tower(5, 3, 0)); err == nil || !strings.Contains(err.Error(), "hidden/kernel") {
		t.Errorf("weights missing: want an error that names them, got %v", err)
	}
}

func TestTrainerFlattensMaps(t *testing.T) {
	b := NewBuilder()
	n := b.ReLU("relu", b.Input("map", 2, 3, 4), 0)
	p := b.Softmax("softmax", b.Dense("out", b.Dropout("drop", b.Flatten("flatten", n), Dropout{Rate: 0.1}), Dense{Units: 3, NoBias: true}))
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: 8, Optimizer: Adam{LearningRate: 0.05}}, p)
	if err != nil {
		t.Fatal(err)
	}
	x, targets := rows(8, 24, 3)
	first, last := 0.0, 0.0
	for step := range 60 {
		r, err := trainer.Step(context.Background(), trainBatch(x, targets, 24))
		if last = r.Loss; err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			first = last
		}
	}
	if !(last < first/2) {
		t.Errorf("60 steps took the loss from %v to %v only", first, last)
	}
}

// failing is a source of weights that has none.
type failing struct{}

func (failing) Param(string, ...int) (*tensor.Dense, error) { return nil, errors.ErrUnsupported }

func TestTrainerReportsTheSource(t *testing.T) {
	if _, err := NewTrainer(failing{}, TrainerConfig{}, tower(5, 3, 0)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("want the source's error, got %v", err)
	}
}

// BenchmarkTrainerStep is a step of the head behind ResNet50V2 and DenseNet121.
func BenchmarkTrainerStep(b *testing.B) {
	const n, inputs, classes = 128, 3072, 120
	builder := NewBuilder()
	node := builder.Dropout("dropout", builder.Input("features", inputs), Dropout{Rate: 0.7})
	trainer, err := NewTrainer(ripple{}, TrainerConfig{Batch: n}, builder.Dense("out", node, Dense{Units: classes, Activation: Softmax}))
	if err != nil {
		b.Fatal(err)
	}
	x, targets := rows(n, inputs, classes)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := trainer.Step(context.Background(), trainBatch(x, targets, inputs)); err != nil {
			b.Fatal(err)
		}
	}
}
