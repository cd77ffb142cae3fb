package head

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

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
	L2      float64  // of the penalty on every kernel
	Seed    uint64   // of the initial weights

	// Layers, where not nil, declares the head in place of Hidden, Dropout and
	// L2: any layers that nn.Trainer can train, from the features x [Inputs] to
	// the logits [len(Classes)] of a last Dense layer without activation. The
	// softmax is added. A saved head holds its layers; opening needs no function.
	Layers func(b *nn.Builder, x *nn.Node) *nn.Node
}

// Head is the trainable end of a classifier. Its methods may be called at the
// same time but for Train, which must be alone.
type Head struct {
	config        Config
	logits        *nn.Node
	probabilities *nn.Node

	mu     sync.Mutex
	values nn.Values // never changed in place
	model  *nn.Model // of values; nil until first used

	temperature float64 // 0 = 1: not calibrated
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
	layers := c.Layers
	if layers == nil {
		layers = c.usual
	}
	b := nn.NewBuilder()
	h := &Head{config: c}
	h.logits = layers(b, b.Input("features", c.Inputs))
	h.probabilities = b.Softmax("probabilities", h.logits)
	if err := b.Err(); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if shape := h.logits.Shape(); !slices.Equal(shape, []int{len(c.Classes)}) {
		return nil, fmt.Errorf("head: layers: want logits %v, one a class, got shape %v", []int{len(c.Classes)}, shape)
	}
	return h, nil
}

// usual declares what the other fields say.
func (c Config) usual(b *nn.Builder, x *nn.Node) *nn.Node {
	if c.Dropout > 0 {
		x = b.Dropout("dropout", x, nn.Dropout{Rate: c.Dropout})
	}
	for i, units := range c.Hidden {
		x = b.Dense(hiddenDense(i), x, nn.Dense{Units: units, Activation: nn.ReLU, L2: c.L2})
	}
	return b.Dense(lastDense, x, nn.Dense{Units: len(c.Classes), L2: c.L2})
}

// The names of the Dense layers.
const lastDense = "predictions"

func hiddenDense(i int) string { return fmt.Sprintf("hidden_%d", i+1) }

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
	if c.Layers != nil && (c.Hidden != nil || c.Dropout != 0 || c.L2 != 0) {
		return errors.New("head: want either Layers or Hidden, Dropout and L2, got both")
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

// load copies the head's weights from params and compiles the model, so that
// weights that do not fit are an error here.
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
	h.use(values)
	_, err = h.compiled()
	return err
}

// use makes values, which nobody changes any more, the head's weights. A
// temperature was that of the weights before.
func (h *Head) use(values nn.Values) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.values, h.model, h.temperature = values, nil, 0
}

// weights returns the present weights, to be read only.
func (h *Head) weights() nn.Values {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.values
}

// compiled returns the model of the present weights. Compiling waits until
// somebody asks: most epochs of a training do not.
func (h *Head) compiled() (*nn.Model, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.model == nil {
		model, err := nn.Compile(h.values, nn.Config{Batch: rowsAtOnce}, h.logits, h.probabilities)
		if err != nil {
			return nil, fmt.Errorf("head: %w", err)
		}
		h.model = model
	}
	return h.model, nil
}

// Config returns what the head was declared with.
func (h *Head) Config() Config {
	c := h.config
	c.Classes, c.Hidden = slices.Clone(c.Classes), slices.Clone(c.Hidden)
	return c
}

// Fingerprint identifies the weights as they are now. It is "" if there is not
// enough memory to compile the head.
func (h *Head) Fingerprint() string {
	model, err := h.compiled()
	if err != nil {
		return ""
	}
	return model.Fingerprint()
}

// Summary prints the layers as Keras's model.summary() does.
func (h *Head) Summary(w io.Writer) error { return nn.Summary(w, "head", h.probabilities) }

// Predict returns the probabilities [N, classes] of the features x [N, Inputs].
func (h *Head) Predict(ctx context.Context, x []float32) ([]float32, error) {
	_, p, err := h.run(ctx, x)
	return p, err
}

// run returns the logits and the probabilities, both [N, classes].
func (h *Head) run(ctx context.Context, x []float32) (logits, probabilities []float32, err error) {
	inputs := h.config.Inputs
	n := len(x) / inputs
	if n == 0 || n*inputs != len(x) {
		return nil, nil, fmt.Errorf("head: features: want rows of %d values, got %d values", inputs, len(x))
	}
	for i, v := range x {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return nil, nil, fmt.Errorf("head: features: row %d, column %d: want a finite value, got %v", i/inputs, i%inputs, v)
		}
	}
	return h.runRows(ctx, n, func(i int) []float32 { return x[i*inputs : (i+1)*inputs] })
}

// runRows is run for n rows of checked features.
func (h *Head) runRows(ctx context.Context, n int, row func(i int) []float32) (logits, probabilities []float32, err error) {
	model, err := h.compiled()
	if err != nil {
		return nil, nil, err
	}
	inputs, classes := h.config.Inputs, len(h.config.Classes)
	logits, probabilities = make([]float32, 0, n*classes), make([]float32, 0, n*classes)
	x := make([]float32, 0, min(n, rowsAtOnce)*inputs)
	for from := 0; from < n; from += rowsAtOnce {
		to := min(from+rowsAtOnce, n)
		x = x[:0]
		for i := from; i < to; i++ {
			x = append(x, row(i)...)
		}
		out, err := model.Run(ctx, tensor.New(tensor.WithShape(to-from, inputs), tensor.WithBacking(x)))
		if err != nil {
			return nil, nil, fmt.Errorf("head: %w", err)
		}
		logits = append(logits, out[0].Float32s()...)
		probabilities = append(probabilities, out[1].Float32s()...)
	}
	if t := h.Temperature(); t != 1 {
		soften(logits, probabilities, classes, t)
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
	logits, _, err := h.runRows(ctx, f.Len(), f.Row)
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
