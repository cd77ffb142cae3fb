//go:build (cuda || gpu) && cgo && linux

package nn

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/cuda/fakedriver"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// real chooses the machine's own driver and its first GPU.
var real = flag.Bool("real", false, "run on the real driver instead of the fake one")

func TestMain(m *testing.M) {
	flag.Parse()
	if !*real {
		status, done, err := fakedriver.Restart()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if done {
			os.Exit(status)
		}
	}
	os.Exit(m.Run())
}

// tf32LayerTolerance bounds the error of small networks on tensor cores as a share of
// the output's rms: each factor is off by up to 2⁻¹¹, and a few layers add up.
const tf32LayerTolerance = 1e-2

// deviceTolerances are those of each precision.
var deviceTolerances = map[Precision]float64{Float32: layerTolerance, TF32: tf32LayerTolerance}

// TestDeviceMatchesFloat64 runs every network on a GPU, with all rewrites and with
// none, on batches of 1 and 3.
func TestDeviceMatchesFloat64(t *testing.T) {
	for _, n := range networks {
		t.Run(n.Name, func(t *testing.T) {
			b := NewBuilder()
			out := n.Build(b)
			if err := b.Err(); err != nil {
				t.Fatal(err)
			}
			input := layer.Ordered(out.layer)[0].Shape
			batch, values := batchOf(3, input, 3)
			var want []float64
			for _, v := range values {
				want = append(want, evaluate(t, out.layer, v, map[*layer.Layer]value{}).data...)
			}
			for precision, tolerance := range deviceTolerances {
				for _, without := range []plan.Rewrite{0, ^plan.Rewrite(0)} {
					m, err := compile(drawn{}, Config{Batch: 3, Device: CUDA(0), Precision: precision}, without, []*layer.Layer{out.layer})
					if err != nil {
						t.Fatal(err)
					}
					defer m.Close()
					got := onDevice(t, m, batch)
					diff, err := golden.Compare(got, want)
					if err != nil {
						t.Fatal(err)
					}
					if !(diff.Max <= tolerance*diff.RefRMS) {
						t.Errorf("%v without rewrites %b: %v", precision, without, diff)
					}
					one := batch.Float32s()[:length(input)]
					alone := onDevice(t, m, tensor.New(tensor.WithShape(append([]int{1}, input...)...), tensor.WithBacking(slices.Clone(one))))
					if !sameBits(alone, got[:len(alone)]) {
						t.Errorf("%v without rewrites %b: a photo alone has other bits", precision, without)
					}
				}
			}
		})
	}
}

// onDevice returns the only output.
func onDevice(t *testing.T, m *Model, batch *tensor.Dense) []float32 {
	t.Helper()
	got, err := m.Run(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return got[0].Float32s()
}

// sameBits compares values that may be NaN.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// TestDeviceEveryLayerAsOutput keeps all values apart, and gathers many outputs.
func TestDeviceEveryLayerAsOutput(t *testing.T) {
	for _, n := range networks {
		nodes, err := Nodes(n.Build(NewBuilder()))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Compile(drawn{}, Config{Batch: 2, Device: CUDA(0)}, nodes...)
		if err != nil {
			t.Fatalf("%s: %v", n.Name, err)
		}
		batch, values := batchOf(2, m.InputShape(), 3)
		got, err := m.Run(t.Context(), batch)
		m.Close()
		if err != nil {
			t.Fatalf("%s: %v", n.Name, err)
		}
		for photo, v := range values {
			done := map[*layer.Layer]value{}
			for i, node := range nodes {
				size := length(node.Shape())
				diff, err := golden.Compare(got[i].Float32s()[photo*size:][:size], evaluate(t, node.layer, v, done).data)
				if err != nil || !(diff.Max <= layerTolerance*diff.RefRMS) {
					t.Errorf("%s: %s, photo %d: %v %v", n.Name, node.Name(), photo, diff, err)
				}
			}
		}
	}
}

// TestDeviceRandomNetworks compares networks that nobody drew up with float64 loops.
func TestDeviceRandomNetworks(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 11))
		outputs := randomNetwork(rng)
		roots := make([]*layer.Layer, len(outputs))
		for i, n := range outputs {
			roots[i] = n.layer
		}
		input, values := batchOf(1, []int{6, 5, 3}, seed)
		without := rewrites[rng.IntN(len(rewrites))]
		m, err := compile(drawn{}, Config{Batch: 1, Device: CUDA(0)}, without, roots)
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

func TestDeviceNaNPassesThrough(t *testing.T) {
	for precision := range deviceTolerances {
		m, err := Compile(drawn{}, Config{Device: CUDA(0), Precision: precision}, sample(t))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		batch, _ := batchOf(1, []int{16, 12, 3}, 6)
		batch.Float32s()[0] = float32(math.NaN())
		if got := onDevice(t, m, batch); !math.IsNaN(float64(got[0])) {
			t.Errorf("%v: want NaN, got %v", precision, got)
		}
	}
}
