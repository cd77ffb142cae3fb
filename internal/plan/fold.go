package plan

import (
	"slices"

	"github.com/cairnml/cairn/internal/layer"
)

// foldPadding moves zeros into what reads them, from the last padding to the
// first, so that one padding can move into another before.
func (g *graph) foldPadding() {
	for _, n := range slices.Backward(slices.Clone(g.nodes)) {
		pad, ok := n.op.(Pad)
		if !ok || n.kept {
			continue
		}
		readers := g.readers(n)
		if slices.ContainsFunc(readers, func(r *node) bool { return padded(r.op, pad.Pad) == nil }) {
			continue
		}
		for _, r := range readers {
			r.op = padded(r.op, pad.Pad)
			r.bypass(n)
		}
		g.remove(n)
	}
}

// padded returns an op that does what op does after so many zeros have been added
// around its input, or nil.
func padded(op Op, pad [4]int) Op {
	switch op := op.(type) {
	case Conv:
		op.Window.Pad = add(op.Window.Pad, pad)
		return op
	case Pad:
		return Pad{add(op.Pad, pad)}
	case Pool:
		if op.Max && (op.Zeros || op.Window.Pad == [4]int{}) {
			op.Window.Pad = add(op.Window.Pad, pad)
			op.Zeros = true
			return op
		}
	}
	return nil
}

func add(a, b [4]int) [4]int {
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// foldNorm moves a normalization into the weights of the convolution before it.
func (g *graph) foldNorm() {
	g.each(func(n *node) {
		conv, ok := n.op.(Conv)
		if !ok || conv.Norm != nil || conv.Activation.Function != layer.Linear {
			return
		}
		next := g.only(n)
		if next == nil {
			return
		}
		if norm, ok := next.op.(Norm); ok {
			conv.Norm, conv.Activation = norm.Layer, norm.Activation
			g.into(n, next, conv)
		}
	})
}

// fuseActivation moves an activation into the step whose result it reads.
func (g *graph) fuseActivation() {
	g.each(func(n *node) {
		next := g.only(n)
		if next == nil {
			return
		}
		if act, ok := next.op.(Activate); ok {
			if op := activated(n.op, act.Activation); op != nil {
				g.into(n, next, op)
			}
		}
	})
}

// activated returns an op that does what op does and then applies the function,
// or nil.
func activated(op Op, a layer.Activation) Op {
	switch op := op.(type) {
	case Conv:
		if op.Activation.Function == layer.Linear {
			op.Activation = a
			return op
		}
	case Dense:
		if op.Activation.Function == layer.Linear {
			op.Activation = a
			return op
		}
	case Norm:
		if op.Activation.Function == layer.Linear {
			op.Activation = a
			return op
		}
	case Add:
		if op.Activation.Function == layer.Linear {
			op.Activation = a
			return op
		}
	}
	return nil
}
