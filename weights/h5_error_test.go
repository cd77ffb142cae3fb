package weights_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/hostile"
	"github.com/cairnml/cairn/weights"
)

// miniModel is the list of parameters of the files in testdata/h5.
func miniModel(t testing.TB) []weights.Parameter {
	t.Helper()
	m, err := golden.ReadManifest(filepath.Join("testdata", "h5"), "mini")
	if err != nil {
		t.Fatal(err)
	}
	return parameters(m, true)
}

func openRaw(raw []byte) (*weights.H5, error) {
	return weights.OpenH5(bytes.NewReader(raw), int64(len(raw)))
}

func miniFile(t testing.TB, name string) *weights.H5 {
	t.Helper()
	h, err := openRaw(unpacked(t, filepath.Join("testdata", "h5", name+".gz")))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What is missing, surplus or of another shape is named with both sides, in
// files that go by order and in those that go by name.
func TestMatchSaysWhatDiffers(t *testing.T) {
	list := miniModel(t)
	without := func(layer string) []weights.Parameter {
		var rest []weights.Parameter
		for _, p := range list {
			if !strings.HasPrefix(p.Name, layer+"/") {
				rest = append(rest, p)
			}
		}
		return rest
	}
	reshaped := append([]weights.Parameter{}, list...)
	reshaped[0].Shape = []int{7, 7, 3, 4}
	extra := append([]weights.Parameter{{Name: "stem/kernel", Shape: []int{2, 2}}}, list...)
	for _, file := range []string{"good.h5", "mini.weights.h5", "mini.keras", "mini_unnamed.weights.h5"} {
		h := miniFile(t, file)
		for _, test := range []struct {
			what string
			list []weights.Parameter
			want []string
		}{
			{"top of the file", without("predictions"), []string{"surplus layer", "; perhaps the file has a classifier on top and the network has not"}},
			{"top of the network", append(list[:len(list):len(list)], weights.Parameter{Name: "top/bias", Shape: []int{2}}), []string{"missing layer top", "; perhaps the network has a classifier on top and the file has not"}},
			{"surplus", without("conv2_conv"), []string{"want 4 layers with weights, got 5", "surplus layer", "[1 1 4 6]"}},
			{"missing", extra, []string{"want 6 layers with weights, got 5", "missing layer stem with kernel [2 2]"}},
			{"shape", reshaped, []string{"layer conv1_conv with kernel [7 7 3 4], bias [4]: got", "[3 3 3 4]"}},
			{"name", []weights.Parameter{{Name: "../x", Shape: []int{1}}}, []string{`"../x"`}},
			{"twice", append(list[:len(list):len(list)], list[0]), []string{"conv1_conv/kernel: listed twice"}},
			{"size", []weights.Parameter{{Name: "x/bias", Shape: []int{0}}}, []string{"x/bias", "[0]"}},
		} {
			if file == "mini_unnamed.weights.h5" && test.what == "missing" {
				continue // it takes the weights of another layer of its class
			}
			_, err := h.Match(test.list)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s, %s: want an error with %q, got %v", file, test.what, want, err)
				}
			}
		}
	}
}

// A long list of differences ends.
func TestMatchListsAFew(t *testing.T) {
	list := miniModel(t)
	for i := range 300 {
		list = append(list, weights.Parameter{Name: fmt.Sprintf("more%d/bias", i), Shape: []int{1}})
	}
	_, err := miniFile(t, "good.h5").Match(list)
	if err == nil || !strings.Contains(err.Error(), "and 295 more") || len(err.Error()) > 1000 {
		t.Errorf("got %v", err)
	}
}

func TestH5Param(t *testing.T) {
	list := miniModel(t)
	h := miniFile(t, "good.h5")
	p, err := h.Match(list)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Param("conv9/kernel", 1); err == nil || !strings.Contains(err.Error(), "conv9/kernel") {
		t.Errorf("an unknown name: got %v", err)
	}
	var misshapen *weights.ShapeError
	if _, err := p.Param(list[0].Name, 1, 2); !errors.As(err, &misshapen) {
		t.Errorf("another shape: want a ShapeError, got %v", err)
	}
	// As often as one likes: nothing is used up.
	for range 200 {
		if _, err := h.Match(list); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Entries(); err != nil {
			t.Fatal(err)
		}
	}
	// And by many at a time.
	errs := make(chan error)
	for range 8 {
		go func() {
			for _, w := range list {
				if _, err := p.Param(w.Name, w.Shape...); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestEntries(t *testing.T) {
	entries, err := miniFile(t, "mini.keras").Entries()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range entries {
		found[e.Path] = fmt.Sprint(e.Dtype, e.Shape)
	}
	for path, want := range map[string]string{"/": "[]", "/layers/conv2d": "[]", "/layers/conv2d/vars/0": "float32[3 3 3 4]", "/layers/dense/vars/1": "float32[3]"} {
		if found[path] != want {
			t.Errorf("%s: want %s, got %q", path, want, found[path])
		}
	}
}

func TestKerasArchiveRefused(t *testing.T) {
	archive := func(method uint16, name string, content []byte) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = w.Write(content)
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	whole := unpacked(t, filepath.Join("testdata", "h5", "mini.keras.gz"))
	for _, test := range []struct {
		what, want string
		raw        []byte
	}{
		{"other zip", "without model.weights.h5", archive(zip.Store, "config.json", []byte("{}"))},
		{"no HDF5", "not an HDF5 file", archive(zip.Store, "model.weights.h5", []byte("weights"))},
		{"empty", "not an HDF5 file", archive(zip.Deflate, "model.weights.h5", nil)},
		{"bomb", "too many", archive(zip.Deflate, "model.weights.h5", make([]byte, 8<<20))},
		{"cut off", "zip", whole[:len(whole)-100]},
	} {
		if _, err := openRaw(test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.what, test.want, err)
		}
	}
}

func TestWriteH5Refuses(t *testing.T) {
	params := weights.Random(1)
	one := func(name string, shape ...int) weights.Parameter { return weights.Parameter{Name: name, Shape: shape} }
	give := func(d *tensor.Dense, err error) failing {
		return failing{"a/bias", func() (*tensor.Dense, error) { return d, err }}
	}
	for _, test := range []struct {
		what   string
		list   []weights.Parameter
		params weights.Params
		want   string
	}{
		{"nil", []weights.Parameter{one("a/bias", 1)}, nil, "no parameters"},
		{"no layer", []weights.Parameter{one("bias", 1)}, params, "bias: want names such as"},
		{"apart", []weights.Parameter{one("a/bias", 1), one("b/bias", 1), one("a/beta", 1)}, params, "a/beta: want"},
		{"twice", []weights.Parameter{one("a/bias", 1), one("a/bias", 1)}, params, "listed twice"},
		{"failing", []weights.Parameter{one("a/bias", 1)}, give(nil, io.ErrClosedPipe), io.ErrClosedPipe.Error()},
		{"nothing", []weights.Parameter{one("a/bias", 1)}, give(nil, nil), "/a/a/bias:0: no tensor"},
	} {
		if err := weights.WriteH5(io.Discard, test.list, test.params); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.what, test.want, err)
		}
	}
}

// Names too many for one attribute are split, as Keras does.
func TestWriteH5Splits(t *testing.T) {
	var list []weights.Parameter
	for i := range 300 {
		list = append(list, weights.Parameter{Name: fmt.Sprintf("%s%d/bias", strings.Repeat("long", 100), i), Shape: []int{2}})
	}
	var file bytes.Buffer
	if err := weights.WriteH5(&file, list, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	h, err := openRaw(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Match(list)
	if err != nil {
		t.Fatal(err)
	}
	if want, got := hashOf(t, weights.Random(1), list), hashOf(t, p, list); got != want {
		t.Errorf("want SHA-256 %s, got %s", want, got)
	}
}

// FuzzOpenH5 opens anything as weights of the mini model.
func FuzzOpenH5(f *testing.F) {
	files, err := filepath.Glob("testdata/h5/*.gz")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(unpacked(f, file))
	}
	list := miniModel(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		hostile.Read(t, len(raw), func() { readModel(t, raw, list) })
	})
}

// readModel reads what there is of a model.
func readModel(t *testing.T, raw []byte, list []weights.Parameter) {
	h, err := openRaw(raw)
	if err != nil {
		return
	}
	_, _ = h.Entries()
	p, err := h.Match(list)
	if err != nil {
		return
	}
	for _, w := range list {
		d, err := p.Param(w.Name, w.Shape...)
		if err == nil && len(d.Data().([]float32)) != d.Shape().TotalSize() {
			t.Errorf("%s: want %d values", w.Name, d.Shape().TotalSize())
		}
	}
}
