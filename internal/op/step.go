package op

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

// Frame is what the steps of one machine share: who works, on what scratch
// memory, and how far the run has come.
type Frame struct {
	Team    *kernel.Team
	Scratch []float32
	Observe func(step int, took time.Duration) // called after each step; nil = not
	ctx     context.Context
	until   *kernel.Team // Team, as long as ctx lasts
	next    int          // index of the step that must run next
}

// Begin starts a run; it ends in the step that finds ctx cancelled.
func (f *Frame) Begin(ctx context.Context) {
	f.ctx, f.until, f.next = ctx, f.Team.Until(ctx.Done()), 0
}

// Step is an inference step as a gorgonia op. It writes into a buffer that the
// plan placed, which other steps of the machine may use at other times: so it
// insists on the plan's order.
type Step struct {
	base
	index  int
	kernel Kernel
	frame  *Frame
	out    *tensor.Dense // [1, H, W, C], a view of a buffer
	src    []kernel.Map  // reused from run to run
}

// NewStep returns step index of a plan as an op of arity inputs that writes into
// out, a float32 tensor [1, H, W, C] whose pixels may be strided.
func NewStep(index int, name string, k Kernel, arity int, frame *Frame, out *tensor.Dense) *Step {
	// The index alone tells the steps of a graph apart, which gorgonia would
	// otherwise merge where they look the same.
	b := base{arity: arity, key: fmt.Sprintf("step %d %s", index, name)}
	return &Step{base: b, index: index, kernel: k, frame: frame, out: out, src: make([]kernel.Map, arity)}
}

// Type implements gorgonia.Op: all inputs and the output are [1, H, W, C].
func (s *Step) Type() hm.Type {
	t := G.TensorType{Dims: 4, Of: hm.TypeVariable('a')}
	return hm.NewFnType(slices.Repeat([]hm.Type{t}, s.arity+1)...)
}

// InferShape implements gorgonia.Op.
func (s *Step) InferShape(...G.DimSizer) (tensor.Shape, error) { return s.out.Shape().Clone(), nil }

// Do implements gorgonia.Op.
func (s *Step) Do(in ...G.Value) (_ G.Value, err error) {
	defer s.guard(&err)
	if err := s.frame.ctx.Err(); err != nil {
		return nil, err
	}
	if s.frame.next != s.index {
		return nil, fmt.Errorf("op: %s ran when step %d was due", s.key, s.frame.next)
	}
	s.frame.next++
	if len(in) != s.arity {
		return nil, fmt.Errorf("op: %s: want %d inputs, got %d", s.key, s.arity, len(in))
	}
	for i, v := range in {
		if s.src[i], err = MapOf(v); err != nil {
			return nil, fmt.Errorf("op: %s: input %d: %w", s.key, i, err)
		}
	}
	dst, err := MapOf(s.out)
	if err != nil {
		return nil, fmt.Errorf("op: %s: output: %w", s.key, err)
	}
	start := time.Now()
	s.kernel.Run(s.frame.until, dst, s.src, s.frame.Scratch)
	if s.frame.Observe != nil {
		s.frame.Observe(s.index, time.Since(start))
	}
	if err := s.frame.ctx.Err(); err != nil {
		return nil, err // the kernel may have left something out
	}
	return s.out, nil
}

// View returns a map [1, h, w, c] in a buffer as a tensor, whose pixels lie
// stride apart.
func View(buffer []float32, offset, stride, h, w, c int) (*tensor.Dense, error) {
	if stride == c {
		return tensor.New(tensor.WithShape(1, h, w, c), tensor.WithBacking(buffer[offset:offset+h*w*c])), nil
	}
	whole := tensor.New(tensor.WithShape(1, h, w, stride), tensor.WithBacking(buffer[:h*w*stride]))
	view, err := whole.Slice(nil, nil, nil, G.S(offset, offset+c))
	if err != nil {
		return nil, fmt.Errorf("op: %w", err)
	}
	return view.(*tensor.Dense), nil
}

// MapOf is the inverse of View.
func MapOf(v G.Value) (kernel.Map, error) {
	t, ok := v.(*tensor.Dense)
	if !ok || t.Dtype() != tensor.Float32 || t.Dims() != 4 {
		return kernel.Map{}, fmt.Errorf("want a float32 tensor [1, H, W, C], got %T %v of %v", v, v.Shape(), v.Dtype())
	}
	shape, strides := t.Shape(), t.Strides()
	if shape[0] != 1 || strides[3] != 1 || strides[1] != shape[2]*strides[2] {
		return kernel.Map{}, fmt.Errorf("want one photo row by row, got shape %v with strides %v", shape, strides)
	}
	return kernel.Map{Data: t.Float32s(), H: shape[1], W: shape[2], C: shape[3], Stride: strides[2]}, nil
}
