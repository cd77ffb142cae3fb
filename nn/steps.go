package nn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorgonia.org/tensor"
)

// Step is one step of a model: what a photo passes through on its way.
type Step struct {
	Algorithm string   // what it does, such as conv or max pool
	Layers    []string // the layers that went into it, in order
	Shape     []int    // of its result for one photo: [H, W, C]
	MFLOP     float64  // millions of multiplications and additions, of convolutions as their definition counts them
	MB        float64  // of float32s that it reads and writes, weights aside
}

// Steps returns the steps in the order in which they run.
func (m *Model) Steps() []Step {
	steps := make([]Step, len(m.plan.Steps))
	for i, s := range m.plan.Steps {
		out := m.plan.Values[s.Out]
		values := out.H * out.W * out.C
		for _, v := range s.In {
			in := m.plan.Values[v]
			values += in.H * in.W * in.C
		}
		steps[i] = Step{
			Algorithm: s.Op.Algorithm(),
			Layers:    slices.Clone(s.Layers),
			Shape:     []int{out.H, out.W, out.C},
			MFLOP:     m.plan.MFLOP(s),
			MB:        float64(values) * 4 / 1e6,
		}
	}
	return steps
}

// TimeSteps runs the first photo of a batch, see Run, and returns how long each
// step took. It is for models on the CPU.
func (m *Model) TimeSteps(ctx context.Context, batch *tensor.Dense) ([]time.Duration, error) {
	if _, err := m.checkBatch(batch); err != nil {
		return nil, err
	}
	if m.device != nil {
		return nil, fmt.Errorf("nn: steps can be timed on the CPU only, got %v", m.config.Device)
	}
	if !m.runs.enter() {
		return nil, errClosed
	}
	defer m.runs.leave()
	mc, err := m.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { m.machines <- mc }()
	took := make([]time.Duration, len(m.plan.Steps))
	mc.frame.Observe = func(step int, d time.Duration) { took[step] = d }
	defer func() { mc.frame.Observe = nil }()
	if err := mc.run(ctx, batch.Float32s()[:length(m.input)]); err != nil {
		return nil, err
	}
	return took, nil
}
