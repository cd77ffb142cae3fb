package nn_test

import (
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// networkTolerance bounds the largest error of features as a share of their rms:
// what the README of the network cases recommends for ResNet, the roughest.
const networkTolerance = 5e-5

// TestRewritesMatchKeras runs networks of three kinds without each of the
// rewrites, against Keras in float64. Package backbones tests all networks with
// all rewrites.
func TestRewritesMatchKeras(t *testing.T) {
	root := filepath.Join("..", "backbones", "testdata")
	if shared := golden.Root(t); shared != "" {
		root = filepath.Join(shared, "network")
	}
	runs, err := golden.Runs(filepath.Join(root, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]backbones.Spec{
		"ResNet50V2": backbones.ResNet50V2(), "DenseNet121": backbones.DenseNet121(), "VGG16": backbones.VGG16(),
	}
	largest := 224 * 224
	if testing.Short() {
		largest = 32 * 32
	}
	for _, run := range runs {
		spec, ok := specs[run.Model]
		if !ok || run.Kind != "layers" || run.H*run.W > largest {
			continue
		}
		t.Run(run.Tag, func(t *testing.T) {
			manifest, err := golden.ReadManifest(filepath.Join(root, "manifests"), run.Model)
			if err != nil {
				t.Fatal(err)
			}
			params := remembered{weights.ClosedForm(run.Seed, manifest.Gain), map[string]*tensor.Dense{}}
			_, output, err := spec.Declare(backbones.Config{InputSize: run.H, InputWidth: run.W})
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := golden.ReadArray(run.Path("features64.npy"))
			if err != nil {
				t.Fatal(err)
			}
			batch := pictures(t, run, spec.Preprocess)
			for _, without := range nn.Rewrites {
				m, err := nn.CompileWithout(without, params, nn.Config{Batch: len(run.Images)}, output)
				if err != nil {
					t.Fatal(err)
				}
				got, err := m.Run(t.Context(), batch)
				m.Close()
				if err != nil {
					t.Fatal(err)
				}
				diff, err := golden.Compare(got[0].Float32s(), want)
				if err != nil {
					t.Fatal(err)
				}
				if !(diff.Max <= networkTolerance*diff.RefRMS) {
					t.Errorf("without rewrites %b: %v", without, diff)
				}
			}
		})
	}
}

// pictures returns the case's pictures as a batch.
func pictures(t *testing.T, run golden.Run, scale data.Preprocess) *tensor.Dense {
	t.Helper()
	batch := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(len(run.Images), run.H, run.W, 3))
	size := run.H * run.W * 3
	for i, kind := range run.Images {
		pix, err := golden.Image(run.Seed, kind, run.H, run.W)
		if err != nil {
			t.Fatal(err)
		}
		scale.Apply(batch.Float32s()[i*size:(i+1)*size], &data.RGB{Pix: pix, Width: run.W, Height: run.H})
	}
	return batch
}

// remembered draws every parameter once.
type remembered struct {
	nn.Params
	drawn map[string]*tensor.Dense
}

func (r remembered) Param(name string, shape ...int) (*tensor.Dense, error) {
	if p, ok := r.drawn[name]; ok {
		return p, nil
	}
	p, err := r.Params.Param(name, shape...)
	r.drawn[name] = p
	return p, err
}
