package weights_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/half"
	"github.com/cairnml/cairn/weights"
)

// h5Case is a row of the tables that lie beside the files.
type h5Case struct {
	File, Manifest, Seed, Must, H5py, Writer string
	Top                                      bool
	TensorsSHA256                            string `json:"tensors_sha256"`
	FeaturesOf                               string `json:"features_of"`
}

// parameters lists the weights of a model in the order of its files.
func parameters(m golden.Manifest, top bool) []weights.Parameter {
	names := m.NoTopLayers
	if top {
		names = m.TopLayers
	}
	var list []weights.Parameter
	for _, l := range m.Layers {
		if !slices.Contains(names, l.Name) {
			continue
		}
		for _, w := range l.Weights {
			list = append(list, weights.Parameter{Name: w.Path, Shape: w.Shape})
		}
	}
	return list
}

// hashOf is the SHA-256 of all parameters, little-endian, one after another.
func hashOf(t testing.TB, p weights.Params, list []weights.Parameter) string {
	t.Helper()
	sum := sha256.New()
	var buf []byte
	for _, w := range list {
		buf = buf[:0]
		for _, v := range values(t, p, w.Name, w.Shape...) {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		sum.Write(buf)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// unpacked reads a file, which may be gzipped.
func unpacked(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := io.Reader(f)
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The thin files have every layer of the networks, in all ways that Keras and
// h5py write them.
func TestThinH5(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		return
	}
	dir := filepath.Join(root, "network", "h5", "thin")
	var cases, kerasCases []h5Case
	readJSON(t, filepath.Join(dir, "thin.json"), &cases)
	readJSON(t, filepath.Join(dir, "thin_keras.json"), &kerasCases)
	for _, c := range append(cases, kerasCases...) {
		if c.FeaturesOf != "" {
			continue
		}
		t.Run(c.File, func(t *testing.T) {
			m, err := golden.ReadManifest(filepath.Join(root, "network", "manifests"), c.Manifest)
			if err != nil {
				t.Fatal(err)
			}
			list := parameters(m, c.Top)
			raw := unpacked(t, filepath.Join(dir, c.File))
			h, err := weights.OpenH5(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Fatal(err)
			}
			p, err := h.Match(list)
			if err != nil {
				t.Fatal(err)
			}
			want := c.TensorsSHA256
			if want == "" {
				want = hashOf(t, weights.ClosedForm(c.Seed, m.Gain), list)
			}
			if got := hashOf(t, p, list); got != want {
				t.Errorf("want SHA-256 %s, got %s", want, got)
			}
			if entries, err := h.Entries(); err != nil || len(entries) < len(list) {
				t.Errorf("want %d datasets and groups, got %d, %v", len(list), len(entries), err)
			}
		})
	}
}

// The broken files are read or refused as the table says.
func TestBrokenH5(t *testing.T) {
	dirs := []string{filepath.Join("testdata", "h5")}
	if root := golden.Root(t); root != "" {
		dirs = append(dirs, filepath.Join(root, "network", "h5", "broken"))
	}
	for _, dir := range dirs {
		var table struct {
			Manifest, Seed string
			Files          []h5Case
		}
		readJSON(t, filepath.Join(dir, "broken.json"), &table)
		m, err := golden.ReadManifest(dir, strings.TrimSuffix(table.Manifest, ".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range table.Files {
			t.Run(filepath.Base(dir)+"/"+c.File, func(t *testing.T) {
				c.test(t, dir, m, weights.ClosedForm(table.Seed, m.Gain))
			})
		}
	}
}

// test reads one file and compares with what its row says.
func (c h5Case) test(t *testing.T, dir string, m golden.Manifest, source weights.Source) {
	list := parameters(m, true)
	file := open(t, filepath.Join(dir, c.File))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := readWhole(t, file, list)
	runtime.ReadMemStats(&after)
	t.Logf("%s: %v", c.Must, err)
	if took := after.TotalAlloc - before.TotalAlloc; took > mostAllocated {
		t.Errorf("want at most %d bytes of memory, got %d", mostAllocated, took)
	}
	names := append(m.TopLayers, "surprise") // the layer too many
	accept, refuse := strings.Contains(c.Must, "accept"), strings.Contains(c.Must, "clear")
	switch {
	case err == nil && !accept || err != nil && !refuse:
		t.Errorf("want %s, got %v", c.Must, err)
	case err != nil && !strings.Contains(err.Error(), c.File):
		t.Errorf("want the file in the error, got %v", err)
	case err != nil && strings.Contains(c.Must, "and the layer") && !slices.ContainsFunc(names, func(l string) bool { return strings.Contains(err.Error(), l) }):
		t.Errorf("want the layer in the error, got %v", err)
	case err == nil:
		for _, w := range list {
			want := values(t, source, w.Name, w.Shape...)
			damage(c.File, w.Name, want)
			for i, v := range values(t, p, w.Name, w.Shape...) {
				if math.Float32bits(v) != math.Float32bits(want[i]) {
					t.Fatalf("%s element %d: want %v, got %v", w.Name, i, want[i], v)
				}
			}
		}
	}
}

// mostAllocated is for files of 60 kB at most; h5py's own reading is no measure.
const mostAllocated = 1 << 20

// damage does to values what was done to those of the file.
func damage(file, name string, values []float32) {
	switch {
	case file == "float16.h5":
		for i, v := range values {
			values[i] = half.From(half.To(v))
		}
	case file == "nan.h5" && name == "conv2_bn/gamma":
		values[0], values[1] = float32(math.NaN()), float32(math.Inf(1))
	}
}

// open opens a file, or a copy of what is in file.gz, until the test ends.
func open(t *testing.T, file string) *os.File {
	t.Helper()
	if _, err := os.Stat(file); err != nil {
		raw := unpacked(t, file+".gz")
		file = filepath.Join(t.TempDir(), filepath.Base(file))
		if err := os.WriteFile(file, raw, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// readWhole reads everything that is in a file.
func readWhole(t *testing.T, f *os.File, list []weights.Parameter) (weights.Params, error) {
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	h, err := weights.OpenH5(f, info.Size())
	if err != nil {
		return nil, err
	}
	p, err := h.Match(list)
	if err != nil {
		return nil, err
	}
	for _, w := range list {
		if _, err := p.Param(w.Name, w.Shape...); err != nil {
			return nil, err
		}
	}
	if _, err := h.Entries(); err != nil {
		t.Errorf("listing: %v", err)
	}
	return p, nil
}

// What is written is read again, bit for bit; tools/keras shows that Keras does.
func TestWriteH5(t *testing.T) {
	var list []weights.Parameter
	for i := range 300 { // more layers than one B-tree node has
		name := fmt.Sprintf("block/conv%03d", i)
		list = append(list, weights.Parameter{Name: name + "/kernel", Shape: []int{3, 1, 1, i%5 + 1}}, weights.Parameter{Name: name + "/bias", Shape: []int{i%5 + 1}})
	}
	source := weights.Random(3)
	var file bytes.Buffer
	if err := weights.WriteH5(&file, list, source); err != nil {
		t.Fatal(err)
	}
	h, err := weights.OpenH5(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Match(list)
	if err != nil {
		t.Fatal(err)
	}
	if want, got := hashOf(t, source, list), hashOf(t, p, list); got != want {
		t.Errorf("want SHA-256 %s, got %s", want, got)
	}
}
