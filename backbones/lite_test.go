package backbones_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
	"github.com/cairnml/cairn/weights/efficientnetlite1"
)

// liteTolerance bounds the features of the lite networks as a share of their
// rms: float32 against float64, over about 50 convolutions whose ReLU6 keeps
// errors from growing.
const liteTolerance = 5e-5

// liteNets are the networks with embedded weights, by their number.
var liteNets = []struct {
	spec    backbones.Spec
	weights func() (*weights.Store, error)
}{
	{backbones.EfficientNetLite0(), efficientnetlite0.Weights},
	{backbones.EfficientNetLite1(), efficientnetlite1.Weights},
}

// TestLiteMatchesNumPy compares the networks on their embedded weights with a
// forward pass in float64 NumPy (tools/lite/reference.py).
func TestLiteMatchesNumPy(t *testing.T) {
	dir := filepath.Join("testdata", "lite")
	raw, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Net, Height, Width int
		File               string
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		params, err := liteNets[c.Net].weights()
		if err != nil {
			t.Fatal(err)
		}
		b, err := backbones.New(liteNets[c.Net].spec, params, backbones.Config{InputSize: c.Height, InputWidth: c.Width})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, b.Features())
		if err := b.Extract(t.Context(), ramps(c.Height, c.Width), got); err != nil {
			t.Fatal(err)
		}
		want, _, err := golden.ReadArray(filepath.Join(dir, c.File))
		if err != nil {
			t.Fatal(err)
		}
		diff, err := golden.Compare(got, want)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", c.File, diff)
		if !(diff.Max <= liteTolerance*diff.RefRMS) {
			t.Errorf("%s: want max ≤ %.3g", c.File, liteTolerance*diff.RefRMS)
		}
	}
}

// ramps is the picture that reference.py draws.
func ramps(height, width int) *data.RGB {
	p := &data.RGB{Pix: make([]uint8, height*width*3), Width: width, Height: height}
	for y := range height {
		for x := range width {
			rgb := p.Pix[(y*width+x)*3:]
			rgb[0], rgb[1], rgb[2] = uint8(3*x+y), uint8(x^y), uint8(5*y+255-x%256)
		}
	}
	return p
}

// photoTolerance bounds the rms of the features' errors as a share of their rms:
// rounding the embedded weights to float16 makes 5.8e-4 over 64 photos.
const photoTolerance = 8e-4

// TestLiteOnPhotos compares features of real photos with those that Keras and
// ONNX Runtime gave with the original float32 weights and Pillow's pixels. It
// needs photos that may not be copied; tools/lite/compare measures the parts of
// the difference.
func TestLiteOnPhotos(t *testing.T) {
	root := golden.Root(t)
	photos := filepath.Join(root, "..", "data", "dogs", "train")
	if _, err := os.Stat(photos); root == "" || err != nil {
		t.Skip("the photos of the lite cases are for research only and not part of the repository")
	}
	if testing.Short() {
		t.Skip("large pictures in short mode")
	}
	raw, err := os.ReadFile(filepath.Join(root, "features-lite", "images.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	all, shape, err := golden.ReadArray(filepath.Join(root, "features-lite", "features.npy"))
	if err != nil {
		t.Fatal(err)
	}
	for net, n := range liteNets {
		params, err := n.weights()
		if err != nil {
			t.Fatal(err)
		}
		b, err := backbones.New(n.spec, params, backbones.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		var want []float64
		for row, item := range list.Items[:8] {
			photo, err := data.ReadImage(os.DirFS(photos), item.ID+".jpg")
			if err != nil {
				t.Fatal(err)
			}
			features := make([]float32, b.Features())
			if err := b.Extract(t.Context(), photo, features); err != nil {
				t.Fatal(err)
			}
			got = append(got, features...)
			want = append(want, all[row*shape[1]+net*1280:][:1280]...)
		}
		diff, err := golden.Compare(got, want)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v", n.spec.Name, diff)
		if !(diff.RMS <= photoTolerance*diff.RefRMS) {
			t.Errorf("%s: want rms ≤ %.3g", n.spec.Name, photoTolerance*diff.RefRMS)
		}
	}
}
