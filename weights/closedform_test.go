package weights_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/weights"
)

func values(t testing.TB, p weights.Params, name string, shape ...int) []float32 {
	t.Helper()
	d, err := p.Param(name, shape...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal([]int(d.Shape()), shape) {
		t.Fatalf("%s: want shape %v, got %v", name, shape, d.Shape())
	}
	return d.Data().([]float32)
}

// The vectors were printed by the reference program in Python and NumPy.
func TestClosedFormVectors(t *testing.T) {
	gain := func(name string) float64 {
		if name == "conv2_block1_1_conv/kernel" {
			return 0.8
		}
		return 1
	}
	source := weights.ClosedForm("alpha", gain)
	for _, test := range []struct {
		name  string
		shape []int
		first int // index of the first vector
		bits  []uint32
	}{
		{"conv1_conv/kernel", []int{7, 7, 3, 64}, 0, []uint32{0x3d53c7c5, 0xbdbbade9, 0x3dd46d1c, 0xbdc0fb88, 0xbdb36d57, 0x3e1135f4, 0xbde1139e, 0xbe39b21b}},
		{"conv1_bn/moving_variance", []int{64}, 0, []uint32{0x3f7112eb, 0x3f70f3eb, 0x3f5426b5, 0x3f8e9d5d, 0x3fb77211, 0x3fbac3d6, 0x3f4d1d7b, 0x3f3de1c8}},
		{"conv2_block1_0_bn/gamma", []int{256}, 0, []uint32{0x3f8bdfb8, 0x3f7dedb0, 0x3f6f34ec, 0x3f678a3e, 0x3f88da9f, 0x3f827d8a, 0x3f8b2a1e, 0x3f6fb41e}},
		{"conv1_conv/bias", []int{64}, 0, []uint32{0x3d6fe98c, 0x3de24808, 0xbc6533b0, 0x3d909036, 0xbddff60e, 0x3d1acf00, 0xbcf0e9e0, 0xbd804992}},
		{"post_bn/beta", []int{2048}, 0, []uint32{0x3edd0000, 0x3e3db82e, 0x3ea57640, 0x3ef85fe7, 0x3ef4f2b5, 0x3c970be0, 0x3e229362, 0x3dea2e5c}},
		{"conv2_block1_1_conv/kernel", []int{1, 1, 64, 64}, 0, []uint32{0xbe3737f1, 0xbe188b4a, 0xbc84804a, 0x3d861bce, 0x3e120794, 0x3e52f888, 0x3e577d9e, 0x3e71c520}},
		{"conv2_block1_1_conv/kernel", []int{1, 1, 64, 64}, 64, []uint32{0x3e83289e, 0x3d6208ea, 0x3dc8573d, 0xbd19a4ae}},
		{"predictions/kernel", []int{2048, 1000}, 0, []uint32{0xbca213f4, 0x3d51c3d4, 0xbcab1adc, 0x3d4c65f5, 0x3c18d71c, 0xbd141bab, 0xbbf13dc9, 0xbd08af07}},
		{"predictions/kernel", []int{2048, 1000}, 1000, []uint32{0xba7820b1, 0xbd8aea55, 0x3cf390e7, 0xbd0cef3d}},
	} {
		got := values(t, source, test.name, test.shape...)
		for i, want := range test.bits {
			if bits := math.Float32bits(got[test.first+i]); bits != want {
				t.Errorf("%s element %d: want bits %08x, got %08x", test.name, test.first+i, want, bits)
			}
		}
	}
}

// Whole models hash to what the reference program wrote into files.
func TestClosedFormModels(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		return
	}
	for _, test := range []struct {
		model string
		top   bool
		want  string
	}{
		{"ResNet50V2", false, "e7932a88f904414ff050134efa720aef1db370d312dd0aba3b895fe03e690488"},
		{"ResNet50V2", true, "9ce92ba48421c1ad39d0cfad3413cd3c93f208fbe9c560b213339cab93c7b6e9"},
		{"DenseNet121", false, "47fe21894ab0c4df87de723a66b025a747a7e850c61fc60cefce22ebaf1f2448"},
		{"DenseNet121", true, "127b6eef51ee5e3493401257568bf224c935d0c192cccd298e654de73613e8b5"},
	} {
		m, err := golden.ReadManifest(filepath.Join(root, "network", "manifests"), test.model)
		if err != nil {
			t.Fatal(err)
		}
		source := weights.ClosedForm("alpha", m.Gain)
		sum := sha256.New()
		var buf []byte
		for _, l := range m.Layers {
			if !l.NoTop && !test.top {
				continue
			}
			for _, w := range l.Weights {
				buf = buf[:0]
				for _, v := range values(t, source, w.Path, w.Shape...) {
					buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
				}
				sum.Write(buf)
			}
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != test.want {
			t.Errorf("%s, top %v: want SHA-256 %s, got %s", test.model, test.top, test.want, got)
		}
	}
}

// fan_in and the pairing of channels follow from names and shapes as the
// manifests of all models have them.
func TestClosedFormRules(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		return
	}
	names, err := filepath.Glob(filepath.Join(root, "network", "manifests", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	for _, file := range names {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Layers []struct {
				Weights []struct {
					Path, Kind string
					Shape      []int
					FanIn      int `json:"fan_in"`
					Pair       bool
				}
			}
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, l := range m.Layers {
			for _, w := range l.Weights {
				if w.Kind != "kernel" {
					continue
				}
				fanIn, pair := weights.KernelRule(w.Path, w.Shape)
				if fanIn != w.FanIn || pair != w.Pair {
					t.Errorf("%s: %s %v: want fan_in %d, pair %v, got %d, %v", filepath.Base(file), w.Path, w.Shape, w.FanIn, w.Pair, fanIn, pair)
				}
			}
		}
	}
}

func BenchmarkSources(b *testing.B) {
	shape := []int{7, 7, 512, 4096} // the largest kernel of VGG16's top
	for _, source := range []struct {
		name   string
		source weights.Source
	}{
		{"ClosedForm", weights.ClosedForm("alpha", nil)}, {"Random", weights.Random(1)}, {"Glorot", weights.Glorot(1)},
	} {
		b.Run(fmt.Sprintf("%s/%v", source.name, shape), func(b *testing.B) {
			b.SetBytes(4 * 7 * 7 * 512 * 4096)
			for b.Loop() {
				values(b, source.source, "fc1/kernel", shape...)
			}
		})
	}
}
