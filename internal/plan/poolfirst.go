package plan

import (
	"slices"

	"github.com/cairnml/cairn/internal/layer"
)

// poolFirst averages before a 1×1 convolution instead of after it, which leaves
// fewer pixels to convolve. Both are linear, so they can change places, unless an
// activation lies between. A bias keeps its weight, since the mean is taken over
// pixels of the map alone. Going backwards lets a pool pass several convolutions.
func (g *graph) poolFirst() {
	for _, n := range slices.Backward(g.nodes) {
		conv, ok := n.op.(Conv)
		if !ok || !conv.pointwise() || conv.Activation.Function != layer.Linear {
			continue
		}
		pool := g.only(n)
		if pool == nil || !averages(pool.op) || pool.h*pool.w >= n.h*n.w {
			continue
		}
		n.op, pool.op = pool.op, conv
		n.layers, pool.layers = pool.layers, n.layers
		n.name = pool.name
		n.h, n.w, n.c = pool.h, pool.w, conv.In
	}
}

// pointwise says whether a convolution computes each pixel from the same pixel.
func (o Conv) pointwise() bool {
	return !o.Depthwise() && o.Window.Size == [2]int{1, 1} && o.Window.Stride == [2]int{1, 1} && o.Window.Pad == [4]int{}
}

// averages says whether an op is a mean over pixels of a map, at least one.
func averages(op Op) bool {
	switch op := op.(type) {
	case Pool:
		w := op.Window
		return !op.Max && w.Dilation == [2]int{1, 1} &&
			max(w.Pad[0], w.Pad[1]) < w.Size[0] && max(w.Pad[2], w.Pad[3]) < w.Size[1]
	case GlobalPool:
		return !op.Max
	}
	return false
}
