package head

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/nn"
)

// branched is a head with every layer that can be trained.
func branched(b *nn.Builder, x *nn.Node) *nn.Node {
	x = b.Dropout("drop", x, nn.Dropout{Rate: 0.1})
	a := b.BatchNormalization("bn", b.Dense("a", x, nn.Dense{Units: 8, Activation: nn.Swish}), nn.BatchNormalization{Momentum: 0.9})
	c := b.ReLU("relu", b.Dense("c", x, nn.Dense{Units: 8, NoBias: true}), 6)
	y := b.Concatenate("both", b.Add("sum", a, c), b.Activation("gate", c, nn.Sigmoid))
	return b.Dense("logits", y, nn.Dense{Units: 7, L2: 1e-4})
}

func TestHeadOfAnyLayersTrainsAndIsSaved(t *testing.T) {
	fit, held := noisy(t)
	h := newHead(t, Config{Inputs: fit.Width, Classes: fit.Classes, Layers: branched})
	history := train(t, h, fit, held, Training{Epochs: 60, Batch: 16, LearningRate: 0.02})
	if first, last := history[0], history[59]; !(last.Loss < first.Loss/4) {
		t.Errorf("60 epochs went from %+v to %+v", first, last)
	}
	dir := t.TempDir()
	if err := h.Save(dir); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	want, err := h.Predict(context.Background(), held.Row(3))
	if err != nil {
		t.Fatal(err)
	}
	got, err := opened.Predict(context.Background(), held.Row(3))
	if err != nil || !slices.Equal(want, got) {
		t.Errorf("the opened head predicts %v, want %v: %v", got, want, err)
	}
	// A saved head can be trained on, and saved again.
	train(t, opened, fit, held, Training{Epochs: 1})
	if err := opened.Save(dir); err != nil {
		t.Error(err)
	}
	e, err := h.Evaluate(context.Background(), held)
	if err != nil {
		t.Fatal(err)
	}
	// Predictions fold the normalization into the layer before it.
	if last := history[59]; math.Abs(e.Accuracy-last.ValAccuracy) > 1e-12 || math.Abs(e.Loss-last.ValLoss) > 0.05 {
		t.Errorf("Evaluate: want about the figures of the last epoch %+v, got %+v", last, e)
	}
}

func TestLayersThatDoNotFit(t *testing.T) {
	two := []string{"a", "b"}
	dense := func(units int) func(b *nn.Builder, x *nn.Node) *nn.Node {
		return func(b *nn.Builder, x *nn.Node) *nn.Node { return b.Dense("out", x, nn.Dense{Units: units}) }
	}
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Inputs: 3, Classes: two, Layers: dense(3)}, "want logits [2], one a class, got shape [3]"},
		{Config{Inputs: 3, Classes: two, Layers: dense(0)}, "units"},
		{Config{Inputs: 3, Classes: two, Layers: dense(2), Dropout: 0.5}, "want either Layers or"},
		{Config{Inputs: 3, Classes: two, L2: -1}, "L2: want 0 (none) or above"},
		{Config{Inputs: 3, Classes: two, Layers: func(*nn.Builder, *nn.Node) *nn.Node { return nil }}, "is nil"},
	} {
		if _, err := New(c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want an error with %q, got %v", c.config, c.want, err)
		}
	}
}
