//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// The tolerances of the network cases, as shares of the features' rms where a
// family has one: largest error and rms of errors. Others are bounded by ten times
// Keras's own largest float32 error. See backbones/parity_test.go.
var featureTolerance = map[string][2]float64{
	"ResNet":   {5e-5, 1e-5},
	"DenseNet": {2e-5, 4e-6},
}

const (
	otherNoise = 10
	// tf32Tolerance is of the rms, for the largest error.
	tf32Tolerance = 5e-3
)

var specs = map[string]func() backbones.Spec{
	"ResNet50V2":  backbones.ResNet50V2,
	"DenseNet121": backbones.DenseNet121,
	"VGG16":       backbones.VGG16,

	"EfficientNetLite0": backbones.EfficientNetLite0,
}

// networkRuns returns the cases of networks whose tag matches.
func networkRuns(t *testing.T) (root string, runs []golden.Run) {
	t.Helper()
	root = filepath.Join("..", "..", "backbones", "testdata")
	if shared := golden.Root(t); shared != "" {
		root = filepath.Join(shared, "network")
	}
	all, err := golden.Runs(filepath.Join(root, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if specs[r.Model] != nil && r.Kind != "stack" {
			runs = append(runs, r)
		}
	}
	if len(runs) == 0 {
		t.Fatal("no case of these networks")
	}
	return root, runs
}

// mostPixels is the largest picture that a test runs on the fake driver.
func mostPixels() int {
	switch {
	case *real || *large:
		return math.MaxInt
	case testing.Short():
		return 32 * 32
	}
	return 64 * 96
}

// TestNetworkMatchesKeras runs every network case of three networks.
func TestNetworkMatchesKeras(t *testing.T) {
	root, runs := networkRuns(t)
	for _, run := range runs {
		t.Run(run.Tag, func(t *testing.T) {
			if run.H*run.W > mostPixels() {
				t.Skip("a picture that takes minutes: want -large")
			}
			testNetwork(t, root, run, nn.Float32)
		})
	}
}

// TestNetworkTF32 runs a small case of each network on tensor cores, whose emulation is
// slow, and all of them with -large.
func TestNetworkTF32(t *testing.T) {
	root, runs := networkRuns(t)
	seen := map[string]bool{}
	for _, run := range runs {
		tooLarge := run.H*run.W > min(mostPixels(), 32*32) || run.Model == "ResNet50V2" && testing.Short()
		if !*real && !*large && (tooLarge || seen[run.Model]) || run.Kind == "top" {
			continue
		}
		seen[run.Model] = true
		t.Run(run.Tag, func(t *testing.T) { testNetwork(t, root, run, nn.TF32) })
	}
}

func testNetwork(t *testing.T, root string, run golden.Run, p nn.Precision) {
	manifest, err := golden.ReadManifest(filepath.Join(root, "manifests"), run.Model)
	if err != nil {
		t.Fatal(err)
	}
	config := backbones.Config{
		InputSize: run.H, InputWidth: run.W, Pooling: backbones.NoPooling, Top: run.Kind == "top",
		Device: nn.CUDA(0), Precision: p,
	}
	if run.Pooling != nil {
		config.Pooling = map[string]backbones.Pooling{"avg": backbones.Average, "max": backbones.Max}[*run.Pooling]
	}
	b, err := backbones.New(specs[run.Model](), weights.ClosedForm(run.Seed, manifest.Gain), config)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	got := extract(t, b, run)
	if run.Kind == "top" {
		want, _, err := golden.ReadArray(run.Path("probs.npy"))
		if err != nil {
			t.Fatal(err)
		}
		compareTop(t, want, got)
		return
	}
	file := run.Path("features64.npy")
	if file == "" {
		file = run.Path("features.npy")
	}
	want, _, err := golden.ReadArray(file)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, run, got, want, p)
}

// extract computes the features of a case's pictures, as one batch.
func extract(t *testing.T, b *backbones.Backbone, run golden.Run) []float32 {
	t.Helper()
	var got []float32
	for _, kind := range run.Images {
		pix, err := golden.Image(run.Seed, kind, run.H, run.W)
		if err != nil {
			t.Fatal(err)
		}
		features := make([]float32, b.Features())
		if err := b.Extract(t.Context(), &data.RGB{Pix: pix, Width: run.W, Height: run.H}, features); err != nil {
			t.Fatal(err)
		}
		got = append(got, features...)
	}
	return got
}

func compare(t *testing.T, run golden.Run, got []float32, want []float64, p nn.Precision) {
	t.Helper()
	diff, err := golden.Compare(got, want)
	if err != nil {
		t.Fatal(err)
	}
	largest, rms := otherNoise*run.KerasError.Max, math.Inf(1)
	for family, share := range featureTolerance {
		if strings.HasPrefix(run.Model, family) {
			largest, rms = share[0]*diff.RefRMS, share[1]*diff.RefRMS
		}
	}
	if p == nn.TF32 {
		largest, rms = math.Inf(1), tf32Tolerance*diff.RefRMS
	}
	t.Logf("%v; largest %.2g of the rms, rms %.2g", diff, diff.Max/diff.RefRMS, diff.RMS/diff.RefRMS)
	if !(diff.Max <= largest && diff.RMS <= rms) {
		t.Errorf("want max ≤ %.3g and rms ≤ %.3g", largest, rms)
	}
}

// compareTop compares probabilities.
func compareTop(t *testing.T, want []float64, got []float32) {
	t.Helper()
	for i, w := range want {
		if bound := 1e-4*w + 1e-8; !(math.Abs(float64(got[i])-w) <= bound) {
			t.Fatalf("probability %d: want %.9g ± %.3g, got %.9g", i, w, bound, got[i])
		}
	}
}
