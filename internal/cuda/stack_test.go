//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

const (
	// stackTolerance bounds the features of a stack as a share of their rms: that of
	// ResNet50V2, the wider one.
	stackTolerance = 5e-5
	// liteTolerance is that of EfficientNetLite0, which is twice what the CPU is off
	// Keras by.
	liteTolerance = 5e-5
)

// members are the tutorial's stack, ResNet50V2 and DenseNet121.
func members(t *testing.T, root, seed string, names []string, c backbones.Config) *stack.Stack {
	t.Helper()
	var all []*backbones.Backbone
	for _, name := range names {
		manifest, err := golden.ReadManifest(filepath.Join(root, "manifests"), name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := backbones.New(specs[name](), weights.ClosedForm(seed, manifest.Gain), c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	s, err := stack.New(all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// describe returns the features of pictures, one row after the other.
func describe(t *testing.T, s *stack.Stack, seed string, kinds []string, h, w int) []float32 {
	t.Helper()
	var rows []float32
	for _, kind := range kinds {
		pix, err := golden.Image(seed, kind, h, w)
		if err != nil {
			t.Fatal(err)
		}
		row, err := s.Describe(t.Context(), &data.RGB{Pix: pix, Width: w, Height: h})
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row...)
	}
	return rows
}

// near compares with the features that are right, to a share of their rms.
func near(t *testing.T, got []float32, want []float64, tolerance float64) {
	t.Helper()
	diff, err := golden.Compare(got, want)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v; largest %.2g of the rms", diff, diff.Max/diff.RefRMS)
	if !(diff.Max <= tolerance*diff.RefRMS) {
		t.Errorf("want max ≤ %.3g", tolerance*diff.RefRMS)
	}
}

func wide(values []float32) []float64 {
	w := make([]float64, len(values))
	for i, v := range values {
		w[i] = float64(v)
	}
	return w
}

// TestStackEqualsCPU compares the stack's 3,072 features with those of the CPU.
func TestStackEqualsCPU(t *testing.T) {
	const height, width = 64, 96
	if testing.Short() {
		t.Skip("a picture of 64×96 in short mode")
	}
	root, runs := networkRuns(t)
	seed, names, kinds := runs[0].Seed, []string{"ResNet50V2", "DenseNet121"}, runs[0].Images[:1]
	var rows [2][]float32
	for i, device := range []nn.Device{{}, nn.CUDA(0)} {
		s := members(t, root, seed, names, backbones.Config{InputSize: height, InputWidth: width, Device: device})
		rows[i] = describe(t, s, seed, kinds, height, width)
	}
	if len(rows[0]) != 3072 {
		t.Fatalf("want 3,072 features, got %d", len(rows[0]))
	}
	near(t, rows[1], wide(rows[0]), stackTolerance)
}

// TestStackMatchesKeras runs every case of a stack.
func TestStackMatchesKeras(t *testing.T) {
	root := golden.Root(t)
	if root == "" || !*large && !*real {
		t.Skip("pictures of 331×331, which take minutes: want -large")
	}
	root = filepath.Join(root, "network")
	runs, err := golden.Runs(filepath.Join(root, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if run.Kind != "stack" {
			continue
		}
		t.Run(run.Tag, func(t *testing.T) {
			s := members(t, root, run.Seed, run.Models, backbones.Config{InputSize: run.H, InputWidth: run.W, Device: nn.CUDA(0), Batch: 1})
			want, _, err := golden.ReadArray(run.Path("features.npy"))
			if err != nil {
				t.Fatal(err)
			}
			near(t, describe(t, s, run.Seed, run.Images, run.H, run.W), want, stackTolerance)
		})
	}
}

// TestLiteEqualsCPU compares EfficientNetLite0 on its ImageNet weights, with features
// and with top: depthwise convolutions, ReLU6, odd maps.
func TestLiteEqualsCPU(t *testing.T) {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		t.Fatal(err)
	}
	compute := func(c backbones.Config) []float32 {
		b, err := backbones.New(backbones.EfficientNetLite0(), params, c)
		if err != nil {
			t.Fatal(err)
		}
		s, err := stack.New(b)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return describe(t, s, "lite", []string{"noise"}, c.InputSize, c.InputSize)
	}
	sides := []int{224, 75}
	if testing.Short() {
		sides = sides[1:]
	}
	for _, side := range sides {
		want := compute(backbones.Config{InputSize: side})
		near(t, compute(backbones.Config{InputSize: side, Device: nn.CUDA(0)}), wide(want), liteTolerance)
	}
	want := compute(backbones.Config{InputSize: 224, Top: true})
	compareTop(t, wide(want), compute(backbones.Config{InputSize: 224, Top: true, Device: nn.CUDA(0)}))
}
