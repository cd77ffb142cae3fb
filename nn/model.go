package nn

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/op"
	"github.com/cairnml/cairn/internal/plan"
)

// Config says how a compiled model runs. The zero value is right for most.
type Config struct {
	Batch   int    // largest batch that Run takes; 0 = 32
	Threads int    // cores that one Run uses; 0 = GOMAXPROCS
	Kernel  Kernel // inner loops; Auto = the fastest that this CPU has
	Pin     bool   // keep each worker thread on a core of its own, where the model has the machine for itself; an error but on Linux

	Device     Device    // where it runs; the zero value is the CPU
	Precision  Precision // of a GPU
	PixelBytes int       // room on a GPU for the photos of a batch as bytes, with what it takes to resize them; see RunPixels
}

func (c Config) withDefaults() (Config, error) {
	if c.Batch < 0 || c.Threads < 0 {
		return c, fmt.Errorf("nn: batch %d, threads %d: want 0 (the default) or above", c.Batch, c.Threads)
	}
	if c.Batch == 0 {
		c.Batch = 32
	}
	return c, c.checkDevice()
}

// Model is a compiled network. It is immutable and safe for concurrent use. Its
// worker threads end with Close, or when the model is no longer reachable.
type Model struct {
	config      Config
	plan        *plan.Plan
	device      *cuda.Model // instead of kernels, team and machines, if not on the CPU
	kernels     []op.Kernel
	team        *kernel.Team
	machines    chan *machine // nil until first used; as many as may run at a time
	runs        runs
	input       []int
	outputs     [][]int
	fingerprint string
	identity    string
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
	p, err := plan.Build(roots, c.Device.without(without))
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	if c.Device != (Device{}) {
		m := &Model{config: c, plan: p}
		ordered := m.shapes(roots)
		reader := newReader(params)
		if err := m.toDevice(reader); err != nil {
			return nil, err
		}
		m.fingerprint = reader.fingerprint(ordered)
		m.identity = m.identify(ordered)
		return m, nil
	}
	team, err := kernel.NewTeam(kernel.TeamConfig{Threads: c.Threads, Implementation: kernel.Implementation(c.Kernel), Pin: c.Pin})
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	m := &Model{config: c, plan: p, team: team}
	if err := m.lower(params, roots); err != nil {
		team.Close()
		return nil, err
	}
	return m, nil
}

// shapes sets those of input and outputs, and returns all layers.
func (m *Model) shapes(roots []*layer.Layer) []*layer.Layer {
	for _, l := range roots {
		m.outputs = append(m.outputs, slices.Clone(l.Shape))
	}
	ordered := layer.Ordered(roots...)
	for _, l := range ordered {
		if in, ok := l.Op.(layer.Input); ok {
			m.input = in.Shape
		}
	}
	return ordered
}

// lower reads the weights, makes the kernels and the first machine.
func (m *Model) lower(params Params, roots []*layer.Layer) error {
	ordered := m.shapes(roots)
	reader := newReader(params)
	m.kernels = make([]op.Kernel, len(m.plan.Steps))
	errs := make([]error, len(m.plan.Steps))
	var failed atomic.Bool // then the steps that come later don't matter
	m.team.For(len(m.plan.Steps), func(_, i int) {
		if failed.Load() {
			return
		}
		m.kernels[i], errs[i] = op.Lower(m.plan, m.plan.Steps[i], reader.read, m.team.Threads())
		if errs[i] != nil {
			failed.Store(true)
		}
	})
	if err := cmp.Or(errs...); err != nil {
		return fmt.Errorf("nn: %w", err)
	}
	m.fingerprint = reader.fingerprint(ordered)
	m.identity = m.identify(ordered)
	// The first machine now: a plan that gorgonia refuses fails here.
	first, err := newMachine(m.plan, m.kernels, m.team)
	if err != nil {
		return err
	}
	m.machines = make(chan *machine, m.team.Threads())
	m.machines <- first
	for range m.team.Threads() - 1 {
		m.machines <- nil
	}
	return nil
}

// InputShape returns the shape of one photo or vector: [H, W, C] or [D].
func (m *Model) InputShape() []int { return slices.Clone(m.input) }

// Fingerprint identifies the weights: the SHA-256, in hexadecimal, of all names,
// shapes and values in the order of Keras's weight files.
func (m *Model) Fingerprint() string { return m.fingerprint }

// Kernel returns the name of the inner loops that the model runs in, such as go
// or, on a GPU, cuda float32.
func (m *Model) Kernel() string {
	if m.device != nil {
		return "cuda " + m.config.Precision.String()
	}
	return m.team.Implementation().String()
}

// Plan prints the steps of the model: which layers went into which step, what it
// writes and where, and the work.
func (m *Model) Plan(w io.Writer) error { return m.plan.WriteTable(w) }
