package plan

import (
	"fmt"
	"slices"

	"github.com/cairnml/cairn/internal/layer"
)

// graph is a plan in the making: what feeds what, before values have places.
// The rewrites change it one after another.
type graph struct {
	nodes   []*node // each after all that it reads
	outputs []*node
}

// node is a step in the making, or the input, whose op is nil.
type node struct {
	op      Op
	in      []*node
	layers  []*layer.Layer // covered, in order
	name    string         // of the layer whose output it computes
	h, w, c int
	kept    bool // an output of the network: no rewrite may remove its value
}

// newGraph makes one node of every layer. Dropout vanishes, and a softmax that
// is a layer's own activation is a node of its own.
func newGraph(outputs []*layer.Layer) (*graph, error) {
	g := &graph{}
	of := map[*layer.Layer]*node{}
	for _, l := range layer.Ordered(outputs...) {
		if _, ok := l.Op.(layer.Dropout); ok {
			of[l] = of[l.In[0]]
			continue
		}
		n := newNode(l)
		for _, in := range l.In {
			n.in = append(n.in, of[in])
		}
		op, softmax, err := opOf(l)
		if op == nil && err == nil && len(g.nodes) > 0 {
			err = fmt.Errorf("a second input: want one")
		}
		if err != nil {
			return nil, fmt.Errorf("plan: %s (%s): %w", l.Name, l.Op.Class(), err)
		}
		n.op = op
		g.nodes = append(g.nodes, n)
		if softmax {
			last := newNode(l)
			last.op, last.in = Softmax{}, []*node{n}
			g.nodes = append(g.nodes, last)
			n = last
		}
		of[l] = n
	}
	for _, l := range outputs {
		of[l].kept = true
		g.outputs = append(g.outputs, of[l])
	}
	return g, nil
}

func newNode(l *layer.Layer) *node {
	n := &node{layers: []*layer.Layer{l}, name: l.Name, h: 1, w: 1, c: l.Shape[len(l.Shape)-1]}
	if len(l.Shape) == 3 {
		n.h, n.w = l.Shape[0], l.Shape[1]
	}
	return n
}

// opOf returns what a layer does by itself, nil for the input, and whether a
// softmax follows.
func opOf(l *layer.Layer) (_ Op, softmax bool, err error) {
	own := func(a layer.Activation) layer.Activation {
		if softmax = a.Function == layer.Softmax; softmax {
			return layer.Activation{}
		}
		return a
	}
	conv := func(w layer.Window, groups int, a layer.Activation) Op {
		in := l.In[0].Shape
		return Conv{Layer: l, Window: explicit(w, in), Groups: groups, In: in[2], Out: l.Shape[2], Activation: own(a)}
	}
	switch o := l.Op.(type) {
	case layer.Input:
		return nil, false, nil
	case layer.ZeroPadding2D:
		return Pad{o.Pad}, false, nil
	case layer.Conv2D:
		return conv(o.Window, o.Groups, o.Activation), softmax, nil
	case layer.DepthwiseConv2D:
		return conv(o.Window, l.In[0].Shape[2], o.Activation), softmax, nil
	case layer.Dense:
		return Dense{Layer: l, Activation: own(o.Activation)}, softmax, nil
	case layer.BatchNormalization:
		return Norm{Layer: l}, false, nil
	case layer.Activate:
		if o.Function == layer.Softmax {
			return Softmax{}, false, nil
		}
		return Activate{o.Activation}, false, nil
	case layer.MaxPooling2D:
		return Pool{Window: explicit(o.Window, l.In[0].Shape), Max: true}, false, nil
	case layer.AveragePooling2D:
		return Pool{Window: explicit(o.Window, l.In[0].Shape)}, false, nil
	case layer.GlobalMaxPooling2D:
		return GlobalPool{Max: true}, false, nil
	case layer.GlobalAveragePooling2D:
		return GlobalPool{}, false, nil
	case layer.Add:
		return Add{}, false, nil
	case layer.Multiply:
		return Multiply{}, false, nil
	case layer.Concatenate:
		return Concat{}, false, nil
	case layer.Flatten:
		return Flatten{}, false, nil
	}
	return nil, false, fmt.Errorf("no step for this layer")
}

// explicit replaces "same" by the padding that it means for this input.
func explicit(w layer.Window, in []int) layer.Window {
	w.Pad = w.Padding(in[0], in[1])
	w.Same = false
	return w
}

// readers returns the nodes that read n, one of them twice if it reads n twice.
func (g *graph) readers(n *node) []*node {
	var readers []*node
	for _, r := range g.nodes {
		for _, in := range r.in {
			if in == n {
				readers = append(readers, r)
			}
		}
	}
	return readers
}

// only returns the single reader of a node whose own value nobody else needs, or
// nil.
func (g *graph) only(n *node) *node {
	if n.kept {
		return nil
	}
	if r := g.readers(n); len(r) == 1 {
		return r[0]
	}
	return nil
}

// into merges n into its single reader r, which becomes op, reads what n read and
// runs when n ran.
func (g *graph) into(n, r *node, op Op) {
	r.op, r.in = op, n.in
	r.layers = append(slices.Clone(n.layers), r.layers...)
	g.remove(r)
	g.nodes[slices.Index(g.nodes, n)] = r
}

// bypass lets r read what n reads instead of n, and cover n's layers too.
func (r *node) bypass(n *node) {
	r.in[slices.Index(r.in, n)] = n.in[0]
	r.layers = append(slices.Clone(n.layers), r.layers...)
}

// remove takes a node out that nobody reads.
func (g *graph) remove(n *node) {
	i := slices.Index(g.nodes, n)
	g.nodes = slices.Delete(g.nodes, i, i+1)
}

// each calls do with every node of the graph as it was at the beginning that is
// still there.
func (g *graph) each(do func(n *node)) {
	for _, n := range slices.Clone(g.nodes) {
		if slices.Contains(g.nodes, n) {
			do(n)
		}
	}
}

// plan lists the steps and their values.
func (g *graph) plan() *Plan {
	p := &Plan{}
	value := map[*node]int{}
	for i, n := range g.nodes {
		value[n] = i
		p.Values = append(p.Values, Value{Layer: n.name, H: n.h, W: n.w, C: n.c})
		if n.op == nil {
			p.Input = i
			continue
		}
		s := Step{Op: n.op, Out: i}
		for _, in := range n.in {
			s.In = append(s.In, value[in])
		}
		for _, l := range n.layers {
			s.Layers = append(s.Layers, l.Name)
		}
		p.Steps = append(p.Steps, s)
	}
	for _, n := range g.outputs {
		p.Outputs = append(p.Outputs, value[n])
	}
	return p
}
