package nn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"gorgonia.org/tensor"
)

// Run computes the outputs, in the order given to Compile, for a float32 batch
// [N, H, W, C] or [N, D] with N from 1 to Config.Batch. Each result is [N, …].
// Batches of at least as many photos as threads are the fastest: each thread
// runs photos by itself. Run stops within milliseconds when the context ends; a
// batch that a GPU has begun ends first.
// Several goroutines may call it; those beyond the number of threads wait for
// each other.
func (m *Model) Run(ctx context.Context, batch *tensor.Dense) ([]*tensor.Dense, error) {
	n, err := m.checkBatch(batch)
	if err != nil {
		return nil, err
	}
	if !m.runs.enter() {
		return nil, errClosed
	}
	defer m.runs.leave()
	results := m.results(n)
	if m.device != nil {
		if err := m.device.Run(ctx, batch.Float32s(), floats(results)); err != nil {
			return nil, deviceError(ctx, err)
		}
		return results, nil
	}
	// Each thread takes a photo for itself, as long as there are enough; the
	// kernels, which are calls within a call of the team, then do not share out.
	apart := n - n%m.team.Threads()
	errs := make([]error, n)
	m.team.For(apart, func(_, i int) { errs[i] = m.photo(ctx, batch, results, i) })
	for i := apart; i < n; i++ {
		errs[i] = m.photo(ctx, batch, results, i)
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// results makes room for the outputs of n photos.
func (m *Model) results(n int) []*tensor.Dense {
	results := make([]*tensor.Dense, len(m.outputs))
	for i, shape := range m.outputs {
		results[i] = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(append([]int{n}, shape...)...))
	}
	return results
}

// photo computes the outputs for photo i of a batch.
func (m *Model) photo(ctx context.Context, batch *tensor.Dense, results []*tensor.Dense, i int) error {
	mc, err := m.acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { m.machines <- mc }()
	size := length(m.input)
	if err := mc.run(ctx, batch.Float32s()[i*size:(i+1)*size]); err != nil {
		return err
	}
	for j, shape := range m.outputs {
		size := length(shape)
		if err := mc.output(j, results[j].Float32s()[i*size:(i+1)*size]); err != nil {
			return err
		}
	}
	return nil
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

var errClosed = errors.New("nn: model is closed")

// Close waits for the runs in progress, ends the worker threads and lets go of
// weights and buffers. Later runs are errors. It may be called again.
func (m *Model) Close() error {
	if !m.runs.end() {
		return nil
	}
	if m.device != nil {
		if err := m.device.Close(); err != nil {
			return fmt.Errorf("nn: closing the model: %w", err)
		}
		return nil
	}
	m.team.Close()
	m.kernels = nil
	var errs []error
	for range cap(m.machines) {
		if mc := <-m.machines; mc != nil {
			errs = append(errs, mc.vm.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("nn: closing the model: %w", err)
	}
	return nil
}

// runs counts the runs in progress until the end.
type runs struct {
	mu     sync.Mutex
	ended  bool
	active sync.WaitGroup
}

// enter says whether a run may begin, which must leave.
func (r *runs) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.active.Add(1)
	}
	return !r.ended
}

func (r *runs) leave() { r.active.Done() }

// end lets no run begin any more and waits for those in progress. It says
// whether it was the first to do so.
func (r *runs) end() bool {
	r.mu.Lock()
	first := !r.ended
	r.ended = true
	r.mu.Unlock()
	r.active.Wait()
	return first
}
