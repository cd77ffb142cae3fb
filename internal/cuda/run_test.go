//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/cuda/fakedriver"
	"github.com/cairnml/cairn/nn"
)

// small is the side of the pictures of tests that are not about numbers.
const small = 32

// drawn are weights drawn by name: kernels of unit gain, variances above 0.
type drawn struct{}

func (drawn) Param(name string, shape ...int) (*tensor.Dense, error) {
	h := fnv.New64a()
	h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	t := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	fanIn := 1
	for _, d := range shape[:len(shape)-1] {
		fanIn *= d
	}
	for i := range t.Float32s() {
		v := rng.Float64() - 0.5
		switch {
		case len(shape) > 1:
			v *= 2 * math.Sqrt(6/float64(fanIn))
		case len(name) > 15 && name[len(name)-15:] == "moving_variance":
			v += 1
		}
		t.Float32s()[i] = float32(v)
	}
	return t, nil
}

// open makes a backbone of small pictures that runs on the first device.
func open(t *testing.T, spec backbones.Spec, c backbones.Config) *backbones.Backbone {
	t.Helper()
	c.InputSize, c.Device, c.Pooling = small, nn.CUDA(0), backbones.Average
	b, err := backbones.New(spec, drawn{}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// inputs returns so many small pictures.
func inputs(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, n*small*small*3)
	for i := range values {
		values[i] = rng.Float32()*2 - 1
	}
	return values
}

func run(t *testing.T, b *backbones.Backbone, inputs []float32) []float32 {
	t.Helper()
	features := make([]float32, len(inputs)/b.InputLen()*b.Features())
	if err := b.Run(t.Context(), inputs, features); err != nil {
		t.Fatal(err)
	}
	return features
}

// mostLaunches is how many kernels a run may launch.
const mostLaunches = 200

// TestTraffic counts what a run asks of the driver: the batch up, the features down,
// one launch of what was recorded or few launches of kernels, and no memory.
func TestTraffic(t *testing.T) {
	const photos = 2
	names := []string{"ResNet50V2", "DenseNet121", "VGG16", "EfficientNetLite0"}
	for _, name := range names {
		for _, noGraphs := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, no graphs %t", name, noGraphs), func(t *testing.T) {
				fake(t, fakedriver.Settings{NoGraphs: noGraphs})
				b := open(t, specs[name](), backbones.Config{})
				in := inputs(photos)
				first := run(t, b, in) // records
				before := fakedriver.Count()
				if again := run(t, b, in); !slices.Equal(first, again) {
					t.Error("the second run has other bits")
				}
				got := fakedriver.Count().Sub(before)
				want := fakedriver.Counters{
					Uploads: 1, Uploaded: 4 * len(in),
					Downloads: 1, Downloaded: 4 * photos * b.Features(),
					Graphs: 1,
				}
				if noGraphs {
					want.Graphs, want.Launches = 0, got.Launches
					t.Logf("%d launches", got.Launches)
					if got.Launches > mostLaunches {
						t.Errorf("want at most %d launches", mostLaunches)
					}
				}
				if got != want {
					t.Errorf("want %+v, got %+v", want, got)
				}
			})
		}
	}
}

// TestSameBitsOnDevice runs photos in other orders of blocks, in blocks of other sizes
// (which follow from the number of multiprocessors), alone and in a batch.
func TestSameBitsOnDevice(t *testing.T) {
	for _, c := range []struct {
		name      string
		precision nn.Precision
		settings  []fakedriver.Settings
	}{
		{"DenseNet121", nn.Float32, []fakedriver.Settings{
			{}, {Order: fakedriver.Reversed}, {Order: fakedriver.Shuffled}, {Cores: 1}, {Cores: 4000}, {NoGraphs: true}, {Major: 7},
		}},
		{"ResNet50V2", nn.Float32, []fakedriver.Settings{{}, {Order: fakedriver.Reversed}}},
		{"DenseNet121", nn.TF32, []fakedriver.Settings{{}, {Order: fakedriver.Reversed}, {Order: fakedriver.Shuffled, Cores: 1}}},
	} {
		t.Run(fmt.Sprintf("%s %v", c.name, c.precision), func(t *testing.T) {
			if testing.Short() && c.name == "ResNet50V2" {
				t.Skip("a large network in short mode")
			}
			in := inputs(2)
			var want []float32
			for _, s := range c.settings {
				fake(t, s)
				b := open(t, specs[c.name](), backbones.Config{Precision: c.precision})
				got := run(t, b, in)
				if want == nil {
					want = got
				}
				if !slices.Equal(want, got) {
					t.Errorf("%+v: other bits", s)
				}
				if alone := run(t, b, in[len(in)/2:]); !slices.Equal(want[len(want)/2:], alone) {
					t.Errorf("%+v: a photo has other bits alone", s)
				}
			}
		})
	}
}
