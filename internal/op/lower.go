package op

import (
	"fmt"

	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// Kernel computes one step of a plan: dst from src. It is immutable, so that the
// machines of a model share it with the packed weights inside.
type Kernel struct {
	Run     func(t *kernel.Team, dst kernel.Map, src []kernel.Map, scratch []float32)
	Scratch int // float32s that Run needs
}

// Lower turns a step of a plan into a kernel, with its weights folded and
// packed, for a team of that many threads.
func Lower(p *plan.Plan, s plan.Step, weights fold.Weights, threads int) (_ Kernel, err error) {
	name := s.Layers[len(s.Layers)-1]
	defer func() {
		// The kernels panic on arguments that a plan can't contain.
		if r := recover(); r != nil {
			err = fmt.Errorf("op: %s: %v", name, r)
		}
	}()
	k, err := lower(p, s, weights, threads)
	if err != nil {
		return Kernel{}, fmt.Errorf("op: %s: %w", name, err)
	}
	return k, nil
}

func lower(p *plan.Plan, s plan.Step, weights fold.Weights, threads int) (Kernel, error) {
	in := p.Values[s.In[0]]
	switch op := s.Op.(type) {
	case plan.Conv:
		return lowerConv(op, in, weights, threads)
	case plan.Dense:
		w, bias, err := fold.KernelAndBias(op.Layer, weights)
		if err != nil {
			return Kernel{}, err
		}
		d := kernel.NewDense(in.C, p.Values[s.Out].C, w, bias, activation(op.Activation))
		return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			d.Run(t, dst.Data[:dst.C], src[0].Data[:src[0].C])
		}}, nil
	case plan.Pool:
		return lowerPool(op, weights)
	case plan.GlobalPool:
		return lowerGlobalPool(op, weights)
	case plan.Norm:
		a, b, err := fold.Norm(op.Layer, weights)
		if err != nil {
			return Kernel{}, err
		}
		act := activation(op.Activation)
		return Kernel{Run: func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Affine(t, dst, src[0], a, b, act)
		}}, nil
	}
	run, err := lowerPlain(s.Op)
	return Kernel{Run: run}, err
}

// lowerPlain lowers the steps without weights.
func lowerPlain(o plan.Op) (func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32), error) {
	switch op := o.(type) {
	case plan.Activate:
		act := activation(op.Activation)
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Activate(t, dst, src[0], act)
		}, nil
	case plan.Softmax:
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Softmax(t, dst, src[0])
		}, nil
	case plan.Pad:
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Pad(t, dst, src[0], op.Pad)
		}, nil
	case plan.Add:
		act := activation(op.Activation)
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Add(t, dst, src, act)
		}, nil
	case plan.Multiply:
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Multiply(t, dst, src[0], src[1])
		}, nil
	case plan.Concat:
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			kernel.Concat(t, dst, src)
		}, nil
	case plan.Flatten:
		return func(t *kernel.Team, dst kernel.Map, src []kernel.Map, _ []float32) {
			m := src[0]
			kernel.Copy(t, kernel.Map{Data: dst.Data, H: m.H, W: m.W, C: m.C, Stride: m.C}, m)
		}, nil
	}
	return nil, fmt.Errorf("no kernel for %T", o)
}

func activation(a layer.Activation) kernel.Activation {
	kind := map[layer.Function]kernel.ActivationKind{
		layer.Linear: kernel.Linear, layer.ReLU: kernel.ReLU, layer.Sigmoid: kernel.Sigmoid, layer.Swish: kernel.Swish,
	}
	return kernel.Activation{Kind: kind[a.Function], Max: a.Max}
}
