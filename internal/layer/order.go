package layer

import (
	"cmp"
	"slices"
)

// Ordered returns the layers that the outputs depend on in the order of Keras's
// model.layers, which is the order of weights in Keras's files: by depth, the
// longest way to an output, and within one depth by first visit when walking
// back from the outputs (keras/src/ops/function.py, map_graph).
func Ordered(outputs ...*Layer) []*Layer {
	var finished []*Layer // every layer after all of its inputs
	index := map[*Layer]int{}
	var visit func(*Layer)
	visit = func(l *Layer) {
		if _, seen := index[l]; seen {
			return
		}
		index[l] = len(index)
		for _, in := range l.In {
			visit(in)
		}
		finished = append(finished, l)
	}
	for _, l := range outputs {
		visit(l)
	}

	depth := map[*Layer]int{}
	for _, l := range slices.Backward(finished) {
		for _, in := range l.In {
			depth[in] = max(depth[in], depth[l]+1)
		}
	}
	ordered := slices.Clone(finished)
	slices.SortStableFunc(ordered, func(a, b *Layer) int {
		return cmp.Or(cmp.Compare(depth[b], depth[a]), cmp.Compare(index[a], index[b]))
	})
	return ordered
}
