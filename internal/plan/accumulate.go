package plan

import (
	"slices"

	"github.com/cairnml/cairn/internal/layer"
)

// accumulate lets a convolution that only a sum reads add to the other terms
// itself. Where the others are several, a sum of their own comes before.
func (g *graph) accumulate() {
	g.each(func(n *node) {
		for {
			sum, ok := n.op.(Add)
			if !ok {
				return
			}
			term := g.lastConv(n)
			if term == nil {
				return
			}
			base := g.others(n, term)
			conv := term.op.(Conv)
			conv.Accumulate, conv.Activation = true, sum.Activation
			n.op, n.in = conv, []*node{term.in[0], base}
			n.layers = append(slices.Clone(term.layers), n.layers...)
			g.remove(term)
			n = base
		}
	})
}

// lastConv returns the input of a sum that is computed last of those that could
// accumulate, or nil. The last has the least to wait for the others.
func (g *graph) lastConv(sum *node) *node {
	for _, n := range slices.Backward(g.nodes) {
		conv, ok := n.op.(Conv)
		if ok && !conv.Depthwise() && !conv.Accumulate && conv.Activation.Function == layer.Linear &&
			slices.Contains(sum.in, n) && g.only(n) == sum {
			return n
		}
	}
	return nil
}

// others returns the sum of the terms but one.
func (g *graph) others(sum, but *node) *node {
	i := slices.Index(sum.in, but)
	terms := slices.Concat(sum.in[:i], sum.in[i+1:])
	if len(terms) == 1 {
		return terms[0]
	}
	n := &node{op: Add{}, in: terms, layers: sum.layers, name: sum.name, h: sum.h, w: sum.w, c: sum.c}
	g.nodes = slices.Insert(g.nodes, slices.Index(g.nodes, sum), n)
	return n
}
