// Package cuda runs plans on NVIDIA's GPUs, by kernels of its own and the driver
// alone: no CUDA toolkit, no cuBLAS, no cuDNN. It does so with the tag gpu or
// cuda, on Linux; without, Compile is ErrNoCUDA.
//
// A model keeps its weights and one arena for the activations of a batch on the
// device. A run is one copy there, a launch for each step or one of all of them
// recorded, and one copy back.
package cuda

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/plan"
)

// Config says how a plan runs.
type Config struct {
	Device int  // index
	Batch  int  // largest
	Pixels int  // bytes of photos, and of weights to resize them, that RunPixels takes; 0 = none
	TF32   bool // convolutions on tensor cores, with 10 bits of fraction
}

// Model is a plan on a device. It is safe for concurrent use; runs come one after
// the other.
type Model struct {
	*session
}

// session is what lives on the device. Its methods run on the worker, except run
// and Close.
type session struct {
	config  Config
	program *program
	outputs []int // lengths for a photo
	input   int

	closing sync.RWMutex
	ended   bool
	worker  *worker

	driver         driver
	device         Info
	broken         error // why no run is possible any more
	weights, arena pointer
	in, out        []byte // pinned
	functions      map[string]function
	graphs         map[int]graph // by photos
	noGraphs       bool
}

// ErrClosed is the error of a run after Close.
var ErrClosed = errors.New("the model is closed")

// Compile puts a plan with its weights on a device. A step that the device can't do
// is an error that names the layer.
func Compile(p *plan.Plan, weights fold.Weights, c Config) (*Model, error) {
	w := newWorker()
	s := &session{config: c, worker: w, functions: map[string]function{}, graphs: map[int]graph{}}
	if err := w.do(context.Background(), func() error { return s.load(p, weights) }); err != nil {
		s.broken = err
		_ = s.end()
		return nil, fmt.Errorf("cuda: %w", err)
	}
	m := &Model{s}
	runtime.AddCleanup(m, func(s *session) { _ = s.end() }, s)
	return m, nil
}

func (s *session) load(p *plan.Plan, weights fold.Weights) (err error) {
	if s.driver, err = open(s.config.Device); err != nil {
		return err
	}
	info, err := s.driver.info()
	if err != nil {
		return err
	}
	s.device = info
	switch {
	case info.Major < 7:
		return fmt.Errorf("%s: want compute capability 7.0 or above, got %d.%d", info.Name, info.Major, info.Minor)
	case s.config.TF32 && !info.TF32():
		return fmt.Errorf("%s, compute capability %d.%d, has no TF32: want 8.0 or above", info.Name, info.Major, info.Minor)
	}
	if s.program, err = lower(p, weights, s.config); err != nil {
		return err
	}
	in := p.Values[p.Input]
	s.input = in.H * in.W * in.C
	total := 0
	for _, v := range p.Outputs {
		o := p.Values[v]
		s.outputs = append(s.outputs, o.H*o.W*o.C)
		total += o.H * o.W * o.C
	}
	for _, ptx := range kernels(info, s.config.TF32) {
		if err := s.driver.load(ptx); err != nil {
			return err
		}
	}
	for _, step := range slices.Concat(s.program.steps, []step{s.program.pixels}) {
		for _, k := range step.kernels {
			if _, ok := s.functions[k.name]; ok {
				continue
			}
			if s.functions[k.name], err = s.driver.function(k.name); err != nil {
				return fmt.Errorf("%s: %w", step.layer, err)
			}
		}
	}
	return s.fill(total)
}

// fill allocates all memory and copies the weights.
func (s *session) fill(outputs int) (err error) {
	g := s.program
	weights, batch := bytesOfSlice(g.weights), s.config.Batch
	// At least something: a network that returns its input has neither.
	if s.weights, err = s.driver.alloc(int64(max(16, len(weights)+len(g.params)))); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if s.arena, err = s.driver.alloc(4 * g.arena.length); err != nil {
		return fmt.Errorf("batches of %d: %w", batch, err)
	}
	if s.in, err = s.driver.allocHost(max(4*s.input*batch, s.config.Pixels)); err != nil {
		return err
	}
	if s.out, err = s.driver.allocHost(4 * outputs * batch); err != nil {
		return err
	}
	s.program.base = s.weights + pointer(len(weights))
	if len(weights) > 0 {
		if err := s.driver.upload(s.weights, weights); err != nil {
			return err
		}
	}
	if len(g.params) > 0 {
		if err := s.driver.upload(s.program.base, g.params); err != nil {
			return err
		}
	}
	if err := s.driver.sync(); err != nil {
		return fmt.Errorf("copying the weights: %w", err)
	}
	g.weights, g.params = nil, nil
	return nil
}

// Capability is the device's compute capability, such as 9.0. Devices of the same
// give the same bits.
func (m *Model) Capability() string { return fmt.Sprintf("%d.%d", m.device.Major, m.device.Minor) }

// Run computes the outputs of as many photos as the input has, [N, H, W, C], into
// slices of their lengths.
func (m *Model) Run(ctx context.Context, input []float32, outputs [][]float32) error {
	return m.do(ctx, func(s *session) error {
		n := copy(s.in, bytesOfSlice(input))
		in := s.program.arena.view(s.program.arena.plan.Input)
		if err := s.driver.upload(s.arena+4*pointer(in.at), s.in[:n]); err != nil {
			return err
		}
		return s.run(ctx, len(input)/s.input, outputs)
	})
}

// refused is an error that leaves the model as it was.
type refused struct{ error }

// do runs a function on the worker. If it fails, everything is given back.
func (m *Model) do(ctx context.Context, f func(s *session) error) error {
	s := m.session
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.ended {
		return fmt.Errorf("cuda: %w", ErrClosed)
	}
	err := s.worker.do(ctx, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.broken != nil {
			return fmt.Errorf("cuda: the model can't be used any more since a run failed: %w", s.broken)
		}
		err := f(s)
		var r refused
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return err
		case errors.As(err, &r):
			return fmt.Errorf("cuda: %w", r.error)
		}
		s.broken = err
		_ = s.release()
		return fmt.Errorf("cuda: %w", err)
	})
	runtime.KeepAlive(m)
	return err
}

// run computes the outputs of inputs that are on the device.
func (s *session) run(ctx context.Context, photos int, outputs [][]float32) error {
	if err := s.launch(ctx, photos); err != nil {
		return errors.Join(err, s.driver.sync())
	}
	from := s.program.arena.output
	if v, ok := s.program.arena.direct(); ok {
		from = v.at
	}
	total := 0
	for _, n := range s.outputs {
		total += n
	}
	out := s.out[:4*total*photos]
	if err := s.driver.download(out, s.arena+4*pointer(from)); err != nil {
		return err
	}
	if err := s.driver.sync(); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	values := floatsOf(out)
	for photo := range photos {
		for i, n := range s.outputs {
			copy(outputs[i][photo*n:(photo+1)*n], values)
			values = values[n:]
		}
	}
	return nil
}

// launch queues all steps: as one recorded graph where the driver can.
func (s *session) launch(ctx context.Context, photos int) error {
	if s.noGraphs {
		return s.steps(ctx, photos)
	}
	g, ok := s.graphs[photos]
	if !ok {
		var err error
		g, err = s.driver.record(func() error { return s.steps(ctx, photos) })
		if errors.Is(err, errNoGraphs) {
			s.noGraphs = true
			return s.steps(ctx, photos)
		}
		if err != nil {
			return err
		}
		s.graphs[photos] = g
	}
	return s.driver.replay(g)
}

func (s *session) steps(ctx context.Context, photos int) error {
	for _, step := range s.program.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := step.choose(photos, s.device.Cores)
		err := s.driver.launch(launch{
			kernel: s.functions[v.name], grid: v.grid(photos), threads: v.threads,
			args: s.args(step, photos),
		})
		if err != nil {
			return fmt.Errorf("%s: %s: %w", step.layer, v.name, err)
		}
	}
	return nil
}

// args are what a step's kernel is told.
func (s *session) args(step step, photos int) [4]uint64 {
	return [4]uint64{uint64(s.program.base) + uint64(step.params), uint64(photos), uint64(s.arena), uint64(s.weights)}
}

// release gives everything on the device back. It may be called again.
func (s *session) release() error {
	if s.driver == nil {
		return nil
	}
	var errs []error
	for _, g := range s.graphs {
		errs = append(errs, s.driver.drop(g))
	}
	for _, p := range []pointer{s.weights, s.arena} {
		if p != 0 {
			errs = append(errs, s.driver.free(p))
		}
	}
	for _, b := range [][]byte{s.in, s.out} {
		if b != nil {
			errs = append(errs, s.driver.freeHost(b))
		}
	}
	errs = append(errs, s.driver.close())
	s.graphs, s.weights, s.arena, s.in, s.out, s.driver = nil, 0, 0, nil, nil, nil
	if s.broken != nil {
		return nil // a failed device fails to give back, too
	}
	return errors.Join(errs...)
}

// Close waits for the runs in progress and frees the device's memory. It may be
// called again.
func (m *Model) Close() error {
	if err := m.end(); err != nil {
		return fmt.Errorf("cuda: %w", err)
	}
	return nil
}

func (s *session) end() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.ended {
		return nil
	}
	s.ended = true
	err := s.worker.do(context.Background(), s.release)
	s.worker.end()
	return err
}
