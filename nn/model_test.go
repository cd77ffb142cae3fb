package nn

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// layerTolerance bounds the error of small networks of well-scaled values as a
// share of the output's rms: some tens of roundings of 2⁻²⁴ each.
const layerTolerance = 2e-5

// rewrites are what is switched off: nothing, one at a time, and all.
var rewrites = []plan.Rewrite{0, plan.FoldPadding, plan.FoldNorm, plan.FuseActivation,
	plan.PoolFirst, plan.NormalizeOnRead, plan.Accumulate, plan.ConcatInPlace, plan.Winograd, ^plan.Rewrite(0)}

// TestModelMatchesFloat64 runs every network with every rewrite and with each
// switched off, on batches of 1 and 3.
func TestModelMatchesFloat64(t *testing.T) {
	for _, n := range networks {
		t.Run(n.Name, func(t *testing.T) {
			b := NewBuilder()
			out := n.Build(b)
			if err := b.Err(); err != nil {
				t.Fatal(err)
			}
			input := layer.Ordered(out.layer)[0].Shape
			batches, want := map[int]*tensor.Dense{}, map[int][]float64{}
			for _, size := range []int{1, 3} {
				batch, values := batchOf(size, input, uint64(size))
				batches[size] = batch
				for _, v := range values {
					want[size] = append(want[size], evaluate(t, out.layer, v, map[*layer.Layer]value{}).data...)
				}
			}
			for _, without := range rewrites {
				m, err := compile(drawn{}, Config{Batch: 3}, without, []*layer.Layer{out.layer})
				if err != nil {
					t.Fatal(err)
				}
				for size, batch := range batches {
					got, err := m.Run(t.Context(), batch)
					if err != nil {
						t.Fatal(err)
					}
					if shape := append([]int{size}, out.Shape()...); !slices.Equal(shape, []int(got[0].Shape())) {
						t.Fatalf("want shape %v, got %v", shape, got[0].Shape())
					}
					diff, err := golden.Compare(got[0].Float32s(), want[size])
					if err != nil {
						t.Fatal(err)
					}
					if !(diff.Max <= layerTolerance*diff.RefRMS) {
						t.Errorf("without rewrites %b, batch %d: %v", without, size, diff)
					}
				}
			}
		})
	}
}

// TestEveryLayerAsOutput keeps all values apart, where otherwise they share
// buffers and are fused.
func TestEveryLayerAsOutput(t *testing.T) {
	for _, n := range networks {
		b := NewBuilder()
		nodes, err := Nodes(n.Build(b))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(drawn{}, Config{}, nodes...)
		if err != nil {
			t.Fatalf("%s: %v", n.Name, err)
		}
		batch, values := batchOf(1, m.InputShape(), 3)
		got, err := m.Run(t.Context(), batch)
		if err != nil {
			t.Fatalf("%s: %v", n.Name, err)
		}
		done := map[*layer.Layer]value{}
		for i, node := range nodes {
			diff, err := golden.Compare(got[i].Float32s(), evaluate(t, node.layer, values[0], done).data)
			if err != nil || !(diff.Max <= layerTolerance*diff.RefRMS) {
				t.Errorf("%s: %s: %v %v", n.Name, node.Name(), diff, err)
			}
		}
	}
}

// sample is a network with branches, a shared pre-activation and a top.
func sample(t testing.TB) *Node {
	t.Helper()
	b := NewBuilder()
	x := b.Input("in", 16, 12, 3)
	x = b.Conv2D("stem", x, Conv2D{Filters: 8, Kernel: 3, Stride: 2, Padding: Same})
	for i := range 3 {
		block := b.In(name("block%d", i))
		pre := block.Activation("relu", block.BatchNormalization("bn", x, BatchNormalization{}), ReLU)
		y := block.Conv2D("a", pre, Conv2D{Filters: 8, Kernel: 3, Padding: Same, Bias: true})
		x = block.Concatenate("concat", x, y, block.DepthwiseConv2D("b", pre, DepthwiseConv2D{Kernel: 3, Padding: Same}))
	}
	x = b.Dense("top", b.GlobalAveragePooling2D("pool", x), Dense{Units: 5, Activation: Softmax})
	if err := b.Err(); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestSameBits runs one photo in several batches, places, runs, thread numbers
// and goroutines.
func TestSameBits(t *testing.T) {
	out := sample(t)
	batch, _ := batchOf(5, []int{16, 12, 3}, 4)
	var want []float32
	for _, threads := range []int{1, 2, 4} {
		m, err := Compile(drawn{}, Config{Threads: threads}, out)
		if err != nil {
			t.Fatal(err)
		}
		check := func() {
			got, err := m.Run(t.Context(), batch)
			if err != nil {
				t.Error(err)
				return
			}
			if want == nil {
				want = slices.Clone(got[0].Float32s())
			}
			if !slices.Equal(want, got[0].Float32s()) {
				t.Errorf("threads %d: a run gave other bits", threads)
			}
		}
		check()
		check()
		for i := range 5 {
			one := tensor.New(tensor.WithShape(1, 16, 12, 3), tensor.WithBacking(slices.Clone(batch.Float32s()[i*576:(i+1)*576])))
			got, err := m.Run(t.Context(), one)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(want[i*5:(i+1)*5], got[0].Float32s()) {
				t.Errorf("threads %d: photo %d gave other bits alone", threads, i)
			}
		}
		var group sync.WaitGroup
		for range 6 {
			group.Go(check)
		}
		group.Wait()
	}
}

// memoryGrowth is what 200 runs may leave behind: less than one more copy of the
// sample's smallest buffer a run.
const memoryGrowth = 200 << 10

func TestMemoryIsFlat(t *testing.T) {
	m, err := Compile(drawn{}, Config{}, sample(t))
	if err != nil {
		t.Fatal(err)
	}
	batch, _ := batchOf(2, []int{16, 12, 3}, 5)
	live := func(runs int) int64 {
		for range runs {
			if _, err := m.Run(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := live(20)
	if growth := live(200) - before; growth > memoryGrowth {
		t.Errorf("200 runs left %d bytes", growth)
	}
}

func TestNaNPassesThrough(t *testing.T) {
	m, err := Compile(drawn{}, Config{}, sample(t))
	if err != nil {
		t.Fatal(err)
	}
	batch, _ := batchOf(1, []int{16, 12, 3}, 6)
	batch.Float32s()[0] = float32(math.NaN())
	got, err := m.Run(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(float64(got[0].Float32s()[0])) {
		t.Errorf("want NaN, got %v", got[0])
	}
}

func TestPlanPrints(t *testing.T) {
	m, err := Compile(drawn{}, Config{}, sample(t))
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	if err := m.Plan(&s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"conv", "block0_bn + block0_relu", "MFLOP a photo"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("want %q in:\n%s", want, s.String())
		}
	}
}
