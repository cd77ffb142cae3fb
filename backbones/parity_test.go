package backbones_test

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// The tolerances are those that the README of the network cases recommends:
// several times what Keras's own float32 output is from its float64 output.
const (
	// layerNoise bounds a layer's sample by Keras's largest float32 error in that
	// layer, layerScale by the layer's largest value.
	layerNoise = 8
	layerScale = 1e-6
	// otherNoise bounds features of models without a figure of their own by
	// Keras's largest float32 error.
	otherNoise = 10
	// probability bounds probabilities: relative, and absolute near 0.
	probability      = 1e-4
	probabilityFloor = 1e-8
)

// featureTolerance bounds features and logits as shares of their rms: the
// largest error and the rms of the errors.
var featureTolerance = map[string][2]float64{
	"ResNet":   {5e-5, 1e-5},
	"DenseNet": {2e-5, 4e-6},
}

// kerasModels are the models built here by their Keras names.
var kerasModels = map[string]func() backbones.Spec{
	"ResNet50V2":  backbones.ResNet50V2,
	"ResNet101V2": backbones.ResNet101V2,
	"ResNet152V2": backbones.ResNet152V2,
	"DenseNet121": backbones.DenseNet121,
	"DenseNet169": backbones.DenseNet169,
	"DenseNet201": backbones.DenseNet201,
	"VGG16":       backbones.VGG16,
	"VGG19":       backbones.VGG19,
}

// TestNetworkMatchesKeras runs every network case of the models built here, on
// Keras's closed-form weights and pictures.
func TestNetworkMatchesKeras(t *testing.T) {
	root := "testdata"
	if shared := golden.Root(t); shared != "" {
		root = filepath.Join(shared, "network")
	}
	runs, err := golden.Runs(filepath.Join(root, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, run := range runs {
		spec, ok := kerasModels[run.Model]
		if !ok || run.Kind == "stack" {
			t.Logf("%s: not a single network of this package", run.Tag)
			continue
		}
		checked++
		t.Run(run.Tag, func(t *testing.T) {
			if testing.Short() && run.H*run.W > 64*96 {
				t.Skip("large picture in short mode")
			}
			manifest, err := golden.ReadManifest(filepath.Join(root, "manifests"), run.Model)
			if err != nil {
				t.Fatal(err)
			}
			c := networkCase{run: run, spec: spec(), params: weights.ClosedForm(run.Seed, manifest.Gain)}
			switch run.Kind {
			case "layers":
				c.testFeatures(t)
				c.testLayers(t)
			case "pool":
				c.testFeatures(t)
			case "top":
				c.testTop(t)
			default:
				t.Fatalf("unknown kind %q", run.Kind)
			}
		})
	}
	if checked == 0 {
		t.Fatal("no case of the models built here")
	}
}

type networkCase struct {
	run    golden.Run
	spec   backbones.Spec
	params nn.Params
}

func (c networkCase) config() backbones.Config {
	config := backbones.Config{InputSize: c.run.H, InputWidth: c.run.W, Pooling: backbones.NoPooling, Top: c.run.Kind == "top"}
	if p := c.run.Pooling; p != nil {
		config.Pooling = map[string]backbones.Pooling{"avg": backbones.Average, "max": backbones.Max}[*p]
	}
	return config
}

// tolerance returns the bounds of the largest error and of the rms of errors.
func (c networkCase) tolerance(refRMS float64) (largest, rms float64) {
	for family, share := range featureTolerance {
		if strings.HasPrefix(c.run.Model, family) {
			return share[0] * refRMS, share[1] * refRMS
		}
	}
	return otherNoise * c.run.KerasError.Max, math.Inf(1)
}

func (c networkCase) check(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	diff, err := golden.Compare(got, want)
	if err != nil {
		t.Fatal(err)
	}
	largest, rms := c.tolerance(diff.RefRMS)
	t.Logf("%s: %v", what, diff)
	if !(diff.Max <= largest && diff.RMS <= rms) {
		t.Errorf("%s: want max ≤ %.3g and rms ≤ %.3g", what, largest, rms)
	}
}

// testFeatures compares the fused network's output with float64, or with
// float32 where Keras's float64 was not recorded.
func (c networkCase) testFeatures(t *testing.T) {
	b, err := backbones.New(c.spec, c.params, c.config())
	if err != nil {
		t.Fatal(err)
	}
	file := c.run.Path("features64.npy")
	if file == "" {
		file = c.run.Path("features.npy")
	}
	want, _, err := golden.ReadArray(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []float32
	for _, photo := range c.photos(t) {
		features := make([]float32, b.Features())
		if err := b.Extract(t.Context(), photo, features); err != nil {
			t.Fatal(err)
		}
		got = append(got, features...)
	}
	c.check(t, "features", got, want)
}

// testLayers compares samples of every layer, with nothing fused since every
// layer is an output.
func (c networkCase) testLayers(t *testing.T) {
	input, output, err := c.spec.Declare(c.config())
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := nn.Nodes(output)
	if err != nil {
		t.Fatal(err)
	}
	model, err := nn.Compile(c.params, nn.Config{}, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := model.Run(t.Context(), c.batch(t, input.Shape()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*tensor.Dense{}
	for i, n := range nodes {
		got[n.Name()] = outputs[i]
	}
	layers, err := c.run.Layers()
	if err != nil {
		t.Fatal(err)
	}
	worst, at := 0.0, ""
	for _, l := range layers {
		out := got[l.Name]
		if out == nil {
			t.Errorf("%s (%s): no such layer here", l.Name, l.Class)
			continue
		}
		if fmt.Sprint([]int(out.Shape())) != fmt.Sprint(l.Shape) {
			t.Errorf("%s (%s): want shape %v, got %v", l.Name, l.Class, l.Shape, out.Shape())
			continue
		}
		bound := layerNoise*l.NoiseMax + layerScale*l.MaxAbs
		for i, index := range l.Index {
			diff := math.Abs(float64(out.Float32s()[index]) - l.F64[i])
			if share := diff / bound; share > worst {
				worst, at = share, l.Name
			}
			if !(diff <= bound) {
				t.Errorf("%s (%s) at %d: want %.9g ± %.3g, got %.9g", l.Name, l.Class, index, l.F64[i], bound, out.Float32s()[index])
				break
			}
		}
	}
	t.Logf("%d layers: worst sample uses %.2g of its tolerance, in %s", len(layers), worst, at)
}

// testTop compares probabilities, and the logits up to their common constant,
// which a softmax takes away.
func (c networkCase) testTop(t *testing.T) {
	b, err := backbones.New(c.spec, c.params, c.config())
	if err != nil {
		t.Fatal(err)
	}
	wantProbs, _, err := golden.ReadArray(c.run.Path("probs.npy"))
	if err != nil {
		t.Fatal(err)
	}
	logits, shape, err := golden.ReadArray(c.run.Path("logits64.npy"))
	if err != nil {
		t.Fatal(err)
	}
	classes := shape[1]
	var got, logs []float32
	for _, photo := range c.photos(t) {
		probs := make([]float32, classes)
		if err := b.Extract(t.Context(), photo, probs); err != nil {
			t.Fatal(err)
		}
		got = append(got, probs...)
	}
	for row := 0; row < len(logits); row += classes {
		// The constant is the mean difference of the row.
		shift := 0.0
		for i := row; i < row+classes; i++ {
			shift += logits[i] - math.Log(float64(got[i]))
		}
		for i := row; i < row+classes; i++ {
			logs = append(logs, float32(math.Log(float64(got[i]))+shift/float64(classes)))
		}
	}
	largest := 0.0
	for i, p := range wantProbs {
		bound := probability*p + probabilityFloor
		diff := math.Abs(float64(got[i]) - p)
		largest = max(largest, diff/bound)
		if !(diff <= bound) {
			t.Errorf("probability %d: want %.9g ± %.3g, got %.9g", i, p, bound, got[i])
			break
		}
	}
	t.Logf("probabilities: the worst uses %.2g of its tolerance", largest)
	if c.run.KerasError.Max == 0 {
		c.run.KerasError.Max = c.run.LogitsError.Max
	}
	c.check(t, "logits", logs, logits)
}

// photos returns the case's pictures.
func (c networkCase) photos(t *testing.T) []*data.RGB {
	t.Helper()
	var photos []*data.RGB
	for _, kind := range c.run.Images {
		pix, err := golden.Image(c.run.Seed, kind, c.run.H, c.run.W)
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, &data.RGB{Pix: pix, Width: c.run.W, Height: c.run.H})
	}
	return photos
}

// batch returns the case's pictures as the network's input.
func (c networkCase) batch(t *testing.T, shape []int) *tensor.Dense {
	t.Helper()
	photos := c.photos(t)
	batch := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(append([]int{len(photos)}, shape...)...))
	size := batch.DataSize() / len(photos)
	for i, photo := range photos {
		c.spec.Preprocess.Apply(batch.Float32s()[i*size:(i+1)*size], photo)
	}
	return batch
}
