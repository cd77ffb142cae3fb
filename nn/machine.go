package nn

import (
	"context"
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/op"
	"github.com/cairnml/cairn/internal/plan"
)

// machine runs a plan on one photo at a time: a gorgonia graph with one node a
// step, its tape machine, and the buffers. One goroutine at a time may use it.
type machine struct {
	vm      G.VM
	frame   *op.Frame
	input   *G.Node
	photo   *tensor.Dense
	outputs []*tensor.Dense
}

// newMachine builds the graph of a plan. The kernels, one for each step, are
// shared with other machines; the buffers are this machine's own.
func newMachine(p *plan.Plan, kernels []op.Kernel, team *kernel.Team) (_ *machine, err error) {
	defer func() {
		// NewTapeMachine panics where it can't compile.
		if r := recover(); r != nil {
			err = fmt.Errorf("nn: building the graph: %v", r)
		}
	}()
	scratch := 0
	for _, k := range kernels {
		scratch = max(scratch, k.Scratch)
	}
	m := &machine{frame: &op.Frame{Team: team, Scratch: make([]float32, scratch)}}

	buffers := make([][]float32, len(p.Buffers))
	for i, n := range p.Buffers {
		buffers[i] = make([]float32, n)
	}
	tensors := make([]*tensor.Dense, len(p.Values))
	for i, v := range p.Values {
		if tensors[i], err = op.View(buffers[v.Buffer], v.Offset, v.Stride, v.H, v.W, v.C); err != nil {
			return nil, fmt.Errorf("nn: %s: %w", v.Layer, err)
		}
	}

	g := G.NewGraph()
	nodes := make([]*G.Node, len(p.Values))
	m.photo = tensors[p.Input]
	m.input = G.NewTensor(g, tensor.Float32, 4, G.WithShape(m.photo.Shape()...), G.WithName(p.Values[p.Input].Layer))
	nodes[p.Input] = m.input
	for i, s := range p.Steps {
		in := make([]*G.Node, len(s.In))
		for j, v := range s.In {
			in[j] = nodes[v]
		}
		name := s.Layers[len(s.Layers)-1]
		step := op.NewStep(i, name, kernels[i], len(in), m.frame, tensors[s.Out])
		if nodes[s.Out], err = G.ApplyOp(step, in...); err != nil {
			return nil, fmt.Errorf("nn: %s: %w", name, err)
		}
	}
	for _, v := range p.Outputs {
		m.outputs = append(m.outputs, tensors[v])
	}
	m.vm = G.NewTapeMachine(g, G.EvalMode())
	return m, nil
}

// run computes the outputs for one photo, compact in memory. They stay valid
// until the next run.
func (m *machine) run(ctx context.Context, photo []float32) error {
	copy(m.photo.Float32s(), photo)
	if err := G.Let(m.input, m.photo); err != nil {
		return fmt.Errorf("nn: %w", err)
	}
	m.frame.Begin(ctx)
	err := m.vm.RunAll()
	// Without Reset the next RunAll would silently do nothing.
	m.vm.Reset()
	if ctxErr := ctx.Err(); err != nil && ctxErr != nil {
		return ctxErr
	}
	if err != nil {
		return fmt.Errorf("nn: %w", err)
	}
	return nil
}

// output copies output i of the last run into dst.
func (m *machine) output(i int, dst []float32) error {
	from, err := op.MapOf(m.outputs[i])
	if err != nil {
		return fmt.Errorf("nn: output %d: %w", i, err)
	}
	for p := range from.H * from.W {
		copy(dst[p*from.C:(p+1)*from.C], from.Data[p*from.Stride:])
	}
	return nil
}
