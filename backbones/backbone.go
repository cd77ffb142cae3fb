package backbones

import (
	"context"
	"fmt"
	"io"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// Backbone is a declared network with its weights. It is immutable and safe for
// concurrent use. Its worker threads end with Close, or when the backbone is no
// longer reachable.
type Backbone struct {
	spec          Spec
	config        Config
	height, width int
	batch         int // photos that the model takes at once
	output        *nn.Node
	model         *nn.Model
}

// New joins a spec with weights. A missing or misshapen weight is an error that
// names it.
func New(s Spec, params nn.Params, c Config) (*Backbone, error) {
	_, output, err := s.Declare(c)
	if err != nil {
		return nil, err
	}
	height, width, err := c.size(s)
	if err != nil {
		return nil, err
	}
	batch := c.Batch
	if batch == 0 {
		batch = 32
	}
	model, err := nn.Compile(params, nn.Config{
		Batch: batch, Threads: c.Threads, Kernel: c.Kernel, Pin: c.Pin,
		Device: c.Device, Precision: c.Precision, PixelBytes: c.photoBytes(),
	}, output)
	if err != nil {
		return nil, fmt.Errorf("backbones: %s: %w", s.Name, err)
	}
	return &Backbone{spec: s, config: c, height: height, width: width, batch: batch, output: output, model: model}, nil
}

// Name returns the spec's name.
func (b *Backbone) Name() string { return b.spec.Name }

// Config returns the configuration with the input size filled in.
func (b *Backbone) Config() Config {
	c := b.config
	c.InputSize, c.InputWidth = b.height, b.width
	return c
}

// Preprocess returns the spec's preprocessing.
func (b *Backbone) Preprocess() data.Preprocess { return b.spec.Preprocess }

// Features returns the number of values that Extract returns for a photo.
func (b *Backbone) Features() int {
	n := 1
	for _, d := range b.output.Shape() {
		n *= d
	}
	return n
}

// Parameters returns the number of parameters, those of the top included if
// there is one.
func (b *Backbone) Parameters() int {
	list, err := nn.Weights(b.output)
	if err != nil {
		return 0 // not after New
	}
	n := 0
	for _, w := range list {
		size := 1
		for _, d := range w.Shape {
			size *= d
		}
		n += size
	}
	return n
}

// Fingerprint identifies the weights; see [nn.Model.Fingerprint].
func (b *Backbone) Fingerprint() string { return b.model.Fingerprint() }

// Model returns the compiled network, for those who prepare its input
// themselves.
func (b *Backbone) Model() *nn.Model { return b.model }

// Close waits for what is under way and ends the worker threads. Later calls of
// Extract are errors. It may be called again.
func (b *Backbone) Close() error {
	if err := b.model.Close(); err != nil {
		return fmt.Errorf("backbones: %s: %w", b.spec.Name, err)
	}
	return nil
}

// Summary prints the layers as Keras does.
func (b *Backbone) Summary(w io.Writer) error { return nn.Summary(w, b.spec.Name, b.output) }

// Extract resizes, preprocesses and runs one photo and writes its features, or
// with Config.Top its probabilities, into dst of length Features.
func (b *Backbone) Extract(ctx context.Context, photo *data.RGB, dst []float32) error {
	if p, ok := b.pixels(photo); ok {
		return b.runPixels(ctx, p, dst)
	}
	input := make([]float32, b.InputLen())
	if err := b.Input(input, photo); err != nil {
		return err
	}
	return b.Run(ctx, input, dst)
}

// InputLen returns the number of values of an input: height · width · 3.
func (b *Backbone) InputLen() int { return b.height * b.width * 3 }

// Input resizes and preprocesses a photo to the network's input, [height, width,
// 3]. The length of dst must be InputLen.
func (b *Backbone) Input(dst []float32, photo *data.RGB) error {
	if err := b.spec.Preprocess.Input(dst, photo, b.resizing()); err != nil {
		return fmt.Errorf("backbones: %s: %w", b.spec.Name, err)
	}
	return nil
}

func (b *Backbone) resizing() data.Resizing {
	return data.Resizing{Width: b.width, Height: b.height, Interpolation: b.config.Interpolate, KeepAspect: b.config.KeepAspect}
}

// Run computes the features of any number of inputs, [n, height, width, 3], into
// dst, [n, Features]. They do not depend on n; multiples of Config.Threads are
// the fastest.
func (b *Backbone) Run(ctx context.Context, inputs, dst []float32) error {
	size, features := b.InputLen(), b.Features()
	n := len(inputs) / size
	if n < 1 || len(inputs) != n*size || len(dst) != n*features {
		return fmt.Errorf("backbones: %s: want inputs of %d values and room for %d features each, got %d values and room for %d",
			b.spec.Name, size, features, len(inputs), len(dst))
	}
	for from := 0; from < n; from += b.batch {
		to := min(from+b.batch, n)
		batch := tensor.New(tensor.WithShape(to-from, b.height, b.width, 3), tensor.WithBacking(inputs[from*size:to*size]))
		out, err := b.model.Run(ctx, batch)
		if err != nil {
			return fmt.Errorf("backbones: %s: %w", b.spec.Name, err)
		}
		copy(dst[from*features:to*features], out[0].Float32s())
	}
	return nil
}
