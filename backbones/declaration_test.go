package backbones_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
)

// models lists every built-in network with figures from Keras's documentation,
// or for the lite family from the original checkpoints.
var models = []struct {
	spec         backbones.Spec
	features     int
	params       int // without top
	paramsTop    int
	tensors      int // without top
	map331       []int
	smallestMap  []int // at 32×32
	rectangleMap []int // at 64×96
}{
	{backbones.ResNet50V2(), 2048, 23564800, 25613800, 270, []int{11, 11, 2048}, []int{1, 1, 2048}, []int{2, 3, 2048}},
	{backbones.ResNet101V2(), 2048, 42626560, 44675560, 542, []int{11, 11, 2048}, []int{1, 1, 2048}, []int{2, 3, 2048}},
	{backbones.ResNet152V2(), 2048, 58331648, 60380648, 814, []int{11, 11, 2048}, []int{1, 1, 2048}, []int{2, 3, 2048}},
	{backbones.DenseNet121(), 1024, 7037504, 8062504, 604, []int{10, 10, 1024}, []int{1, 1, 1024}, []int{2, 3, 1024}},
	{backbones.DenseNet169(), 1664, 12642880, 14307880, 844, []int{10, 10, 1664}, []int{1, 1, 1664}, []int{2, 3, 1664}},
	{backbones.DenseNet201(), 1920, 18321984, 20242984, 1004, []int{10, 10, 1920}, []int{1, 1, 1920}, []int{2, 3, 1920}},
	{backbones.VGG16(), 512, 14714688, 138357544, 26, []int{10, 10, 512}, []int{1, 1, 512}, []int{2, 3, 512}},
	{backbones.VGG19(), 512, 20024384, 143667240, 32, []int{10, 10, 512}, []int{1, 1, 512}, []int{2, 3, 512}},
	{backbones.EfficientNetLite0(), 1280, 3413024, 4694024, 245, []int{11, 11, 1280}, []int{1, 1, 1280}, []int{2, 3, 1280}},
	{backbones.EfficientNetLite1(), 1280, 4189344, 5470344, 320, []int{11, 11, 1280}, []int{1, 1, 1280}, []int{2, 3, 1280}},
	{backbones.EfficientNetLite2(), 1280, 4869168, 6150168, 320, []int{11, 11, 1280}, []int{1, 1, 1280}, []int{2, 3, 1280}},
}

func TestDeclarations(t *testing.T) {
	for _, m := range models {
		t.Run(m.spec.Name, func(t *testing.T) {
			for _, size := range []struct {
				h, w int
				want []int
			}{{331, 331, m.map331}, {32, 32, m.smallestMap}, {64, 96, m.rectangleMap}} {
				c := backbones.Config{InputSize: size.h, InputWidth: size.w, Pooling: backbones.NoPooling}
				_, out, err := m.spec.Declare(c)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(size.want, out.Shape()); diff != "" {
					t.Errorf("map at %d×%d (-want +got):\n%s", size.h, size.w, diff)
				}
			}
			list, params := weightsOf(t, m.spec, backbones.Config{})
			if params != m.params || len(list) != m.tensors {
				t.Errorf("without top: want %d parameters in %d tensors, got %d in %d", m.params, m.tensors, params, len(list))
			}
			if _, params = weightsOf(t, m.spec, backbones.Config{Top: true}); params != m.paramsTop {
				t.Errorf("with top: want %d parameters, got %d", m.paramsTop, params)
			}
			_, out, err := m.spec.Declare(backbones.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]int{m.features}, out.Shape()); diff != "" {
				t.Errorf("features (-want +got):\n%s", diff)
			}
		})
	}
	if len(models) != len(backbones.All()) {
		t.Errorf("want every network tested: %d of %d", len(models), len(backbones.All()))
	}
}

func weightsOf(t *testing.T, s backbones.Spec, c backbones.Config) (list []nn.Weight, params int) {
	t.Helper()
	_, out, err := s.Declare(c)
	if err != nil {
		t.Fatal(err)
	}
	if list, err = nn.Weights(out); err != nil {
		t.Fatal(err)
	}
	for _, w := range list {
		n := 1
		for _, d := range w.Shape {
			n *= d
		}
		params += n
	}
	return list, params
}

// TestDeclarationsMatchKeras compares layers and weights, with their order, with
// what Keras's own models have.
func TestDeclarationsMatchKeras(t *testing.T) {
	root := filepath.Join("testdata", "manifests")
	if shared := golden.Root(t); shared != "" {
		root = filepath.Join(shared, "network", "manifests")
	}
	files, err := filepath.Glob(filepath.Join(root, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests in %s: %v", root, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		spec, ok := kerasModels[name]
		if !ok {
			t.Logf("%s: not a network of this package", name)
			continue
		}
		manifest, err := golden.ReadManifest(root, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, top := range []bool{false, true} {
			c := backbones.Config{Top: top}
			wantLayers, wantParams := manifest.NoTopLayers, manifest.ParamsNoTop
			if top {
				wantLayers, wantParams = manifest.TopLayers, manifest.ParamsTop
			}
			_, out, err := spec().Declare(c)
			if err != nil {
				t.Fatal(err)
			}
			nodes, err := nn.Nodes(out)
			if err != nil {
				t.Fatal(err)
			}
			var layers []string
			for _, n := range nodes {
				layers = append(layers, n.Name())
			}
			if diff := cmp.Diff(wantLayers, layers); diff != "" {
				t.Errorf("%s, top %v: layers (-want +got):\n%s", name, top, diff)
			}
			got, params := weightsOf(t, spec(), c)
			if params != wantParams {
				t.Errorf("%s, top %v: want %d parameters, got %d", name, top, wantParams, params)
			}
			var want []nn.Weight
			for _, l := range manifest.Layers {
				if !slices.Contains(wantLayers, l.Name) {
					continue
				}
				for _, w := range l.Weights {
					moving := strings.HasPrefix(w.Kind, "moving_")
					want = append(want, nn.Weight{Name: w.Path, Shape: w.Shape, Trainable: !moving})
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, top %v: weights (-want +got):\n%s", name, top, diff)
			}
		}
	}
}
