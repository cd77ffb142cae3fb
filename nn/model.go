package nn

import (
	"context"
	"fmt"
	"io"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/op"
	"github.com/cairnml/cairn/internal/plan"
)

// Config says how a compiled model runs. The zero value is right for most.
type Config struct {
	Batch   int // largest batch that Run takes; 0 = 32
	Threads int // cores that one Run uses; 0 = GOMAXPROCS
}

func (c Config) withDefaults() (Config, error) {
	if c.Batch < 0 || c.Threads < 0 {
		return c, fmt.Errorf("nn: batch %d, threads %d: want 0 (the default) or above", c.Batch, c.Threads)
	}
	if c.Batch == 0 {
		c.Batch = 32
	}
	return c, nil
}

// Model is a compiled network. It is immutable and safe for concurrent use.
type Model struct {
	config      Config
	plan        *plan.Plan
	kernels     []op.Kernel
	team        *kernel.Team
	machines    chan *machine // nil until first used; as many as may run at a time
	input       []int
	outputs     [][]int
	fingerprint string
}

// Compile makes a runnable model of the outputs: it reads the weights, plans the
// steps and lowers them to kernels. The declaration must have one input. Asking
// for an inner layer's output keeps it from being fused with the next.
func Compile(params Params, c Config, outputs ...*Node) (*Model, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	roots, err := layersOf(outputs)
	if err != nil {
		return nil, err
	}
	return compile(params, c, 0, roots)
}

func compile(params Params, c Config, without plan.Rewrite, roots []*layer.Layer) (*Model, error) {
	p, err := plan.Build(roots, without)
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	team, err := kernel.NewTeam(c.Threads, kernel.Auto)
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	m := &Model{config: c, plan: p, team: team}
	for _, l := range roots {
		m.outputs = append(m.outputs, slices.Clone(l.Shape))
	}
	ordered := layer.Ordered(roots...)
	for _, l := range ordered {
		if in, ok := l.Op.(layer.Input); ok {
			m.input = in.Shape
		}
	}
	reader := newReader(params)
	for _, s := range p.Steps {
		k, err := op.Lower(p, s, reader.read, m.team.Threads())
		if err != nil {
			return nil, fmt.Errorf("nn: %w", err)
		}
		m.kernels = append(m.kernels, k)
	}
	m.fingerprint = reader.fingerprint(ordered)
	// The first machine now: a plan that gorgonia refuses fails here.
	first, err := newMachine(p, m.kernels, m.team)
	if err != nil {
		return nil, err
	}
	m.machines = make(chan *machine, m.team.Threads())
	m.machines <- first
	for range m.team.Threads() - 1 {
		m.machines <- nil
	}
	return m, nil
}

// InputShape returns the shape of one photo or vector: [H, W, C] or [D].
func (m *Model) InputShape() []int { return slices.Clone(m.input) }

// Fingerprint identifies the weights: the SHA-256, in hexadecimal, of all names,
// shapes and values in the order of Keras's weight files.
func (m *Model) Fingerprint() string { return m.fingerprint }

// Plan prints the steps of the model: which layers went into which step, what it
// writes and where, and the work.
func (m *Model) Plan(w io.Writer) error { return m.plan.WriteTable(w) }

// Run computes the outputs, in the order given to Compile, for a float32 batch
// [N, H, W, C] or [N, D] with N from 1 to Config.Batch. Each result is [N, …].
// It stops between steps when the context ends. Several goroutines may call it;
// those beyond the number of threads wait for each other.
func (m *Model) Run(ctx context.Context, batch *tensor.Dense) ([]*tensor.Dense, error) {
	n, err := m.checkBatch(batch)
	if err != nil {
		return nil, err
	}
	results := make([]*tensor.Dense, len(m.outputs))
	for i, shape := range m.outputs {
		results[i] = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(append([]int{n}, shape...)...))
	}
	mc, err := m.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { m.machines <- mc }()
	photos, size := batch.Float32s(), length(m.input)
	for i := range n {
		if err := mc.run(ctx, photos[i*size:(i+1)*size]); err != nil {
			return nil, err
		}
		for j, shape := range m.outputs {
			size := length(shape)
			if err := mc.output(j, results[j].Float32s()[i*size:(i+1)*size]); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

func (m *Model) checkBatch(batch *tensor.Dense) (n int, err error) {
	want := fmt.Sprintf("nn: batch: want float32 [N, %s] with N from 1 to %d", join(m.input), m.config.Batch)
	switch {
	case batch == nil:
		return 0, fmt.Errorf("%s, got none", want)
	case batch.Dtype() != tensor.Float32:
		return 0, fmt.Errorf("%s, got %v", want, batch.Dtype())
	case batch.Dims() != len(m.input)+1 || !slices.Equal([]int(batch.Shape()[1:]), m.input),
		batch.Shape()[0] < 1, batch.Shape()[0] > m.config.Batch:
		return 0, fmt.Errorf("%s, got %v", want, batch.Shape())
	case batch.RequiresIterator() || batch.DataOrder().IsColMajor():
		return 0, fmt.Errorf("%s in C order, got strides %v", want, batch.Strides())
	}
	return batch.Shape()[0], nil
}

// acquire takes a machine that nobody uses, building it on first use.
func (m *Model) acquire(ctx context.Context) (*machine, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case mc := <-m.machines:
		if mc != nil {
			return mc, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	mc, err := newMachine(m.plan, m.kernels, m.team)
	if err != nil {
		m.machines <- nil
		return nil, err
	}
	return mc, nil
}
