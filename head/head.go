package head

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// Config declares a head: Dropout, then a Dense layer with ReLU for each hidden
// size, then a Dense layer with softmax over the classes.
type Config struct {
	Inputs  int      // features of a photo
	Classes []string // names, two or more
	Hidden  []int    // units of hidden layers, from the input on; none as a rule
	Dropout float64  // share of the features set to zero in training, in [0, 1)
	Seed    uint64   // of the initial weights
}

// Head is the trainable end of a classifier. Its methods may be called at the
// same time but for Train, which must be alone.
type Head struct {
	config        Config
	logits        *nn.Node
	probabilities *nn.Node
	values        nn.Values // never changed in place
	model         *nn.Model // of values
}

// rowsAtOnce is how many rows the model takes in one go.
const rowsAtOnce = 256

// New declares a head and gives it Keras's initial weights: Glorot uniform
// kernels and zero biases.
func New(c Config) (*Head, error) {
	h, err := declare(c)
	if err != nil {
		return nil, err
	}
	if err := h.load(weights.Glorot(c.Seed)); err != nil {
		return nil, err
	}
	return h, nil
}

// declare makes a head without weights.
func declare(c Config) (*Head, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.Classes, c.Hidden = slices.Clone(c.Classes), slices.Clone(c.Hidden)
	b := nn.NewBuilder()
	x := b.Input("features", c.Inputs)
	if c.Dropout > 0 {
		x = b.Dropout("dropout", x, nn.Dropout{Rate: c.Dropout})
	}
	for i, units := range c.Hidden {
		x = b.Dense(fmt.Sprintf("hidden_%d", i+1), x, nn.Dense{Units: units, Activation: nn.ReLU})
	}
	h := &Head{config: c}
	h.logits = b.Dense("predictions", x, nn.Dense{Units: len(c.Classes)})
	h.probabilities = b.Softmax("probabilities", h.logits)
	if err := b.Err(); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	return h, nil
}

func (c Config) check() error {
	if c.Inputs < 1 {
		return fmt.Errorf("head: inputs: want at least 1, got %d", c.Inputs)
	}
	if len(c.Classes) < 2 {
		return fmt.Errorf("head: classes: want at least 2, got %d", len(c.Classes))
	}
	seen := make(map[string]bool, len(c.Classes))
	for i, name := range c.Classes {
		if name == "" || seen[name] {
			return fmt.Errorf("head: class %d: want a name of its own, got %q", i, name)
		}
		seen[name] = true
	}
	for i, units := range c.Hidden {
		if units < 1 {
			return fmt.Errorf("head: hidden layer %d: want at least 1 unit, got %d", i+1, units)
		}
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		return fmt.Errorf("head: dropout: want a rate in [0, 1), got %v", c.Dropout)
	}
	return nil
}

// load copies the head's weights from params.
func (h *Head) load(params nn.Params) error {
	list, err := nn.Weights(h.probabilities)
	if err != nil {
		return fmt.Errorf("head: %w", err)
	}
	values := nn.Values{}
	for _, w := range list {
		t, err := params.Param(w.Name, w.Shape...)
		if err != nil {
			return fmt.Errorf("head: %w", err)
		}
		values[w.Name] = tensor.New(tensor.WithShape(w.Shape...), tensor.WithBacking(slices.Clone(t.Float32s())))
	}
	return h.use(values)
}

// use makes values, which nobody changes any more, the head's weights.
func (h *Head) use(values nn.Values) error {
	model, err := nn.Compile(values, nn.Config{Batch: rowsAtOnce}, h.logits, h.probabilities)
	if err != nil {
		return fmt.Errorf("head: %w", err)
	}
	h.values, h.model = values, model
	return nil
}

// Config returns what the head was declared with.
func (h *Head) Config() Config {
	c := h.config
	c.Classes, c.Hidden = slices.Clone(c.Classes), slices.Clone(c.Hidden)
	return c
}

// Fingerprint identifies the weights as they are now.
func (h *Head) Fingerprint() string { return h.model.Fingerprint() }

// Summary prints the layers as Keras's model.summary() does.
func (h *Head) Summary(w io.Writer) error { return nn.Summary(w, "head", h.probabilities) }

// Predict returns the probabilities [N, classes] of the features x [N, Inputs].
func (h *Head) Predict(ctx context.Context, x []float32) ([]float32, error) {
	_, p, err := h.run(ctx, x)
	return p, err
}

// run returns the logits and the probabilities, both [N, classes].
func (h *Head) run(ctx context.Context, x []float32) (logits, probabilities []float32, err error) {
	inputs, classes := h.config.Inputs, len(h.config.Classes)
	n := len(x) / inputs
	if n == 0 || n*inputs != len(x) {
		return nil, nil, fmt.Errorf("head: features: want rows of %d values, got %d values", inputs, len(x))
	}
	for i, v := range x {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return nil, nil, fmt.Errorf("head: features: row %d, column %d: want a finite value, got %v", i/inputs, i%inputs, v)
		}
	}
	logits, probabilities = make([]float32, 0, n*classes), make([]float32, 0, n*classes)
	for from := 0; from < n; from += rowsAtOnce {
		to := min(from+rowsAtOnce, n)
		out, err := h.model.Run(ctx, tensor.New(tensor.WithShape(to-from, inputs), tensor.WithBacking(x[from*inputs:to*inputs])))
		if err != nil {
			return nil, nil, fmt.Errorf("head: %w", err)
		}
		logits = append(logits, out[0].Float32s()...)
		probabilities = append(probabilities, out[1].Float32s()...)
	}
	return logits, probabilities, nil
}

// Evaluation is how well a head does on labelled features.
type Evaluation struct {
	Rows     int
	Loss     float64 // mean categorical cross-entropy
	Accuracy float64 // share of rows whose most probable class is right
	Top5     float64 // share of rows with the right class among the five most probable
}

// Evaluate compares the head's predictions with the labels. The features must
// have the head's inputs and classes.
func (h *Head) Evaluate(ctx context.Context, f *data.Features) (Evaluation, error) {
	if err := h.accepts(f); err != nil {
		return Evaluation{}, err
	}
	return h.evaluate(ctx, f)
}

func (h *Head) evaluate(ctx context.Context, f *data.Features) (Evaluation, error) {
	logits, _, err := h.run(ctx, f.X)
	if err != nil {
		return Evaluation{}, err
	}
	e := Evaluation{Rows: f.Len(), Loss: crossEntropy(logits, f.Labels)}
	var accuracyErr, topErr error
	e.Accuracy, accuracyErr = CategoricalAccuracy(logits, f.Labels)
	e.Top5, topErr = TopKAccuracy(logits, f.Labels, 5)
	return e, errors.Join(accuracyErr, topErr)
}

// accepts checks that features fit the head.
func (h *Head) accepts(f *data.Features) error {
	if f == nil {
		return errors.New("head: no features")
	}
	if err := f.Validate(); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	if f.Width != h.config.Inputs {
		return fmt.Errorf("head: features: want %d values a row, got %d", h.config.Inputs, f.Width)
	}
	if len(f.Classes) != len(h.config.Classes) {
		return fmt.Errorf("head: features: want %d classes, got %d", len(h.config.Classes), len(f.Classes))
	}
	for i, name := range f.Classes {
		if name != h.config.Classes[i] {
			return fmt.Errorf("head: features: class %d: want %q, got %q", i, h.config.Classes[i], name)
		}
	}
	return nil
}
