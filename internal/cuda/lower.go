package cuda

import (
	"errors"
	"fmt"
	"math"

	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// step is a launch of a kernel for a whole batch.
type step struct {
	layer   string
	params  int // where its parameters begin, in bytes, behind the weights
	kernels []variant
}

// variant is a kernel with its grid for a number of photos. Of the variants of a
// step, which give the same bits, the first that keeps all multiprocessors busy
// is launched, or the last.
type variant struct {
	name    string
	threads int
	grid    func(photos int) [3]int
}

// choose returns the variant to launch.
func (s step) choose(photos, cores int) variant {
	for _, v := range s.kernels {
		if g := v.grid(photos); g[0]*g[1]*g[2] >= cores {
			return v
		}
	}
	return s.kernels[len(s.kernels)-1]
}

// program is a plan lowered to device steps, with all that they read.
type program struct {
	arena   *arena
	steps   []step
	pixels  step // makes the input of photos as bytes
	weights []float32
	params  []byte

	base pointer // of params, on the device
	read fold.Weights
	tf32 bool
}

// errLarge is for maps whose pixels a kernel could not count.
var errLarge = errors.New("want less than 2³¹ values in a batch")

// lower turns a plan into device steps for batches of up to that many photos.
func lower(p *plan.Plan, weights fold.Weights, c Config) (*program, error) {
	g := &program{arena: newArena(p, c.Batch, c.Pixels), read: weights, tf32: c.TF32}
	for i, v := range p.Values {
		if d := g.arena.view(i); d.photo*int64(c.Batch) > math.MaxInt32 {
			return nil, fmt.Errorf("%s: batch of %d: %w", v.Layer, c.Batch, errLarge)
		}
	}
	for _, s := range p.Steps {
		name := s.Layers[len(s.Layers)-1]
		if err := g.lower(s, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, ok := g.arena.direct(); !ok {
		g.gather()
	}
	in := g.arena.view(p.Input)
	one := in
	one.c = 1
	add(g, "input", pixelParams{in, g.arena.room}, values("pixels", one))
	last := len(g.steps) - 1
	g.steps, g.pixels = g.steps[:last], g.steps[last]
	return g, nil
}

func (g *program) lower(s plan.Step, name string) error {
	in := make([]view, len(s.In))
	for i, v := range s.In {
		in[i] = g.arena.view(v)
	}
	out := g.arena.view(s.Out)
	switch op := s.Op.(type) {
	case plan.Conv:
		if op.Depthwise() {
			return g.depthwise(op, in[0], out, name)
		}
		return g.conv(op, in, out, name)
	case plan.Dense:
		return g.dense(op, in[0], out, name)
	case plan.Pool:
		before, err := g.norm(op.Prologue)
		w := op.Window
		params := poolParams{in[0], out, windowOf(w), before, flag(op.Max), flag(op.Zeros), aligned(in[0], out)}
		add(g, name, params, fours("pool", out))
		return err
	case plan.GlobalPool:
		before, err := g.norm(op.Prologue)
		add(g, name, globalPoolParams{in[0], out, before, flag(op.Max)}, variant{"global_pool", 256, func(photos int) [3]int {
			return [3]int{(int(out.c) + 31) / 32, photos, 1}
		}})
		return err
	case plan.Norm:
		with, err := g.norm(&op)
		g.each(name, in[0], out, with, [2]int32{})
		return err
	case plan.Activate:
		g.each(name, in[0], out, affine{-1, -1, activationOf(op.Activation)}, [2]int32{})
	case plan.Pad:
		g.each(name, in[0], out, identity(), [2]int32{int32(op.Pad[0]), int32(op.Pad[2])})
	case plan.Concat:
		g.concat(name, in, out)
	case plan.Flatten:
		to := in[0]
		to.at, to.photo, to.pitch = out.at, out.photo, to.c
		g.each(name, in[0], to, identity(), [2]int32{})
	case plan.Add:
		g.sum(name, in, out, activationOf(op.Activation))
	case plan.Multiply:
		gate := in[1].h*in[1].w == 1 && out.h*out.w > 1
		add(g, name, combineParams{in[0], in[1], out, activationOf(layer.Activation{}), 1, flag(gate)}, values("combine", out))
	case plan.Softmax:
		add(g, name, softmaxParams{in[0], out}, variant{"softmax", 128, func(photos int) [3]int {
			return [3]int{photos * int(out.h*out.w), 1, 1}
		}})
	default:
		return fmt.Errorf("no device step for %s", s.Op.Algorithm())
	}
	return nil
}

// add appends a step with its parameters.
func add[T any](g *program, layer string, params T, kernels ...variant) {
	g.steps = append(g.steps, step{layer, len(g.params), kernels})
	g.params = append(g.params, bytesOf(&params)...)
	g.params = append(g.params, make([]byte, roundUp(len(g.params), 16)-len(g.params))...)
}

// values is a kernel with a thread for each value of a map.
func values(name string, v view) variant {
	return variant{name, 256, func(photos int) [3]int { return [3]int{(photos*int(v.h*v.w*v.c) + 255) / 256, 1, 1} }}
}

// fours is a kernel with a thread for each four channels of a map.
func fours(name string, v view) variant {
	v.c = (v.c + 3) / 4
	return values(name, v)
}

// put appends values to the weights, at a multiple of 16 bytes.
func (g *program) put(values ...float32) int64 {
	at := len(g.weights)
	g.weights = append(g.weights, values...)
	g.weights = append(g.weights, make([]float32, roundUp(len(g.weights), 4)-len(g.weights))...)
	return int64(at)
}

func identity() affine { return affine{-1, -1, activationOf(layer.Activation{})} }

// norm puts a normalization into the weights; nil is none.
func (g *program) norm(n *plan.Norm) (affine, error) {
	if n == nil {
		return identity(), nil
	}
	scale, shift, err := fold.Norm(n.Layer, g.read)
	return affine{g.put(scale...), g.put(shift...), activationOf(n.Activation)}, err
}

func (g *program) each(name string, x, y view, with affine, pad [2]int32) {
	add(g, name, mapParams{x, y, with, pad}, values("map", y))
}

// concat copies what does not lie in its place.
func (g *program) concat(name string, in []view, out view) {
	at := out.at
	for _, x := range in {
		if x.at != at || x.pitch != out.pitch && x.h*x.w > 1 || x.photo != out.photo {
			to := out
			to.at, to.c = at, x.c
			g.each(name, x, to, identity(), [2]int32{})
		}
		at += int64(x.c)
	}
}

// sum adds the first two, then each of the rest.
func (g *program) sum(name string, in []view, out view, a activation) {
	x := in[0]
	for i, with := range in[1:] {
		last := activationOf(layer.Activation{})
		if i == len(in)-2 {
			last = a
		}
		add(g, name, combineParams{x: x, with: with, y: out, activation: last}, values("combine", out))
		x = out
	}
}

// gather copies the outputs side by side, a photo after the other.
func (g *program) gather() {
	photo := int64(0)
	for _, v := range g.arena.plan.Outputs {
		o := g.arena.view(v)
		photo += int64(o.h * o.w * o.c)
	}
	at := g.arena.output
	for _, v := range g.arena.plan.Outputs {
		x := g.arena.view(v)
		y := view{at, photo, x.c, x.h, x.w, x.c}
		g.each(g.arena.plan.Values[v].Layer, x, y, identity(), [2]int32{})
		at += int64(x.h * x.w * x.c)
	}
}
