package weights

import (
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

func TestKerasGainIsThatOfTheReferenceCases(t *testing.T) {
	dir := filepath.Join("..", "backbones", "testdata", "manifests")
	if root := golden.Root(t); root != "" {
		dir = filepath.Join(root, "network", "manifests")
	}
	for model, name := range map[string]string{
		"ResNet50V2": "resnet50v2", "ResNet101V2": "resnet101v2", "DenseNet121": "densenet121", "DenseNet169": "densenet169", "VGG16": "vgg16",
	} {
		m, err := golden.ReadManifest(dir, model)
		if err != nil {
			if golden.Root(t) == "" {
				continue // not among the few that are copied
			}
			t.Fatal(err)
		}
		gain, kernels := KerasGain(name), 0
		for _, l := range m.Layers {
			for _, w := range l.Weights {
				if filepath.Base(w.Path) != "kernel" {
					continue
				}
				kernels++
				if want, got := m.Gain(w.Path), gain(w.Path); want != got {
					t.Errorf("%s %s: want %g, got %g", model, w.Path, want, got)
				}
			}
		}
		if kernels == 0 {
			t.Errorf("%s: no kernels in the manifest", model)
		}
	}
}
