package nn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/layer"
)

// randomTolerance bounds the error of random networks as a share of the output's
// rms: they are deeper than those drawn up by hand, and some terms cancel.
const randomTolerance = 2e-4

// randomNetwork declares some layers on one another, at random, such as the
// rewrites of the plan look for, and returns the last and a few more as outputs.
func randomNetwork(rng *rand.Rand) []*Node {
	b := NewBuilder()
	nodes := []*Node{b.Input("in", 6, 5, 3)}
	pick := func() *Node { // mostly one of the latest
		return nodes[max(0, len(nodes)-1-min(rng.IntN(6), rng.IntN(6)))]
	}
	among := func(fits func(shape []int) bool) *Node {
		var found []*Node
		for _, n := range nodes {
			if fits(n.Shape()) {
				found = append(found, n)
			}
		}
		return found[rng.IntN(len(found))]
	}
	like := func(x *Node) *Node { // of the same shape, not seldom x itself
		return among(func(shape []int) bool { return slices.Equal(shape, x.Shape()) })
	}
	beside := func(x *Node) *Node { // of the same height and width
		return among(func(shape []int) bool { return slices.Equal(shape[:2], x.Shape()[:2]) })
	}
	for len(nodes) < 16 {
		x := pick()
		filters := []int{1, 2, 3, 3, 4, x.Shape()[2], x.Shape()[2]}[rng.IntN(7)]
		switch rng.IntN(11) {
		case 0, 1:
			x = b.Conv2D("", x, Conv2D{Filters: filters, Kernel: 1, Bias: rng.IntN(2) == 0})
		case 2:
			x = b.Conv2D("", x, Conv2D{Filters: filters, Kernel: 3, Padding: Same, Bias: true})
		case 3:
			x = b.Conv2D("", b.ZeroPadding2D("", x, Around(1)), Conv2D{Filters: filters, Kernel: 3})
		case 4:
			x = b.ReLU("", b.BatchNormalization("", x, BatchNormalization{}), 0)
		case 5:
			x = b.BatchNormalization("", x, BatchNormalization{})
		case 6:
			x = b.Activation("", x, Swish)
		case 7:
			x = b.Add("", x, like(x))
			if y := b.Conv2D("", x, Conv2D{Filters: x.Shape()[2], Kernel: 1}); rng.IntN(2) == 0 {
				x = b.Add("", like(x), y, x)
			}
		case 8, 9:
			if y := beside(x); x.Shape()[2]+y.Shape()[2] <= 24 {
				x = b.Concatenate("", x, y)
			}
		case 10:
			switch {
			case x.Shape()[0] < 3:
			case rng.IntN(3) == 0:
				x = b.MaxPooling2D("", b.ZeroPadding2D("", x, Around(1)), Pool{Size: 3})
			default:
				x = b.AveragePooling2D("", x, Pool{Size: 2})
			}
		}
		if x != nodes[len(nodes)-1] {
			nodes = append(nodes, x)
		}
	}
	outputs := []*Node{nodes[len(nodes)-1]}
	for range rng.IntN(3) {
		outputs = append(outputs, pick())
	}
	return outputs
}

// TestRandomNetworks compares networks that nobody drew up with float64 loops.
func TestRandomNetworks(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 7))
		outputs := randomNetwork(rng)
		roots := make([]*layer.Layer, len(outputs))
		for i, n := range outputs {
			roots[i] = n.layer
		}
		input, values := batchOf(1, []int{6, 5, 3}, seed)
		without := rewrites[rng.IntN(len(rewrites))]
		if seed%2 == 0 {
			without = 0
		}
		m, err := compile(drawn{}, Config{Batch: 1, Threads: 1}, without, roots)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := m.Run(t.Context(), input)
		m.Close()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		done := map[*layer.Layer]value{}
		for i, root := range roots {
			diff, err := golden.Compare(got[i].Float32s(), evaluate(t, root, values[0], done).data)
			if err != nil || !(diff.Max <= randomTolerance*diff.RefRMS) {
				t.Errorf("seed %d without %b, output %d: %v %v", seed, without, i, diff, err)
			}
		}
	}
}
