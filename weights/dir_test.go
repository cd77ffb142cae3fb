package weights_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/cairnml/cairn/internal/hostile"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/weights"
)

func npyFile(t testing.TB, dtype npy.Dtype, shape []int, v ...float32) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, &npy.Array{Header: npy.Header{Dtype: dtype, Shape: shape}, Float32: v}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func manifest(parameters string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(`{"model": "m", "source": "s", "license": "l", "parameters": [` + parameters + `]}`)}
}

// Files as NumPy's save wrote them, without a manifest.
func TestDirWithoutManifest(t *testing.T) {
	store, err := weights.Dir(os.DirFS("testdata/saved"))
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{0, 0.5, 1, 1.5, 2, 2.5}
	for _, name := range []string{"dense/kernel", "half/kernel", "double/kernel"} {
		if got := values(t, store, name, 2, 3); !slices.Equal(got, want) {
			t.Errorf("%s: want %v, got %v", name, want, got)
		}
	}
	if m := store.Manifest(); m.Model != "" || m.Parameters != nil {
		t.Errorf("manifest: %+v", m)
	}
}

func TestDirWithManifest(t *testing.T) {
	kernel := npyFile(t, npy.Float16, []int{1, 2}, 3, 4)
	sum := sha256.Sum256(kernel)
	fsys := fstest.MapFS{
		"k.npy":     {Data: kernel},
		"extra.npy": {Data: kernel},
		"manifest.json": manifest(fmt.Sprintf(`{"name": "a/kernel", "file": "k.npy", "shape": [1, 2], "dtype": "float16", "sha256": "%s"}`,
			strings.ToUpper(hex.EncodeToString(sum[:])))),
	}
	store, err := weights.Dir(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if got := values(t, store, "a/kernel", 1, 2); !slices.Equal(got, []float32{3, 4}) {
		t.Errorf("a/kernel: got %v", got)
	}
	if _, err := store.Param("extra", 1, 2); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "not in manifest.json") {
		t.Errorf("a file that is not listed: %v", err)
	}
	m := store.Manifest()
	if m.Model != "m" || m.Source != "s" || m.License != "l" || len(m.Parameters) != 1 || m.Parameters[0].Name != "a/kernel" {
		t.Errorf("manifest: %+v", m)
	}
	m.Parameters[0].Shape[0] = 9
	if store.Manifest().Parameters[0].Shape[0] != 1 {
		t.Error("the copy of the manifest shares its shapes")
	}
}

func TestParamErrors(t *testing.T) {
	kernel := npyFile(t, npy.Float32, []int{1, 2}, 3, 4)
	fortran, err := os.ReadFile("../internal/npy/testdata/fortran.npy")
	if err != nil {
		t.Fatal(err)
	}
	var ints bytes.Buffer
	if err := npy.Write(&ints, &npy.Array{Header: npy.Header{Dtype: npy.Int64, Shape: []int{1, 2}}, Int64: []int64{1, 2}}); err != nil {
		t.Fatal(err)
	}
	plain := fstest.MapFS{
		"a/kernel.npy":    {Data: kernel},
		"cut/kernel.npy":  {Data: kernel[:len(kernel)-1]},
		"long/kernel.npy": {Data: append(slices.Clone(kernel), 0)},
		"f/kernel.npy":    {Data: fortran},
		"text/kernel.npy": {Data: []byte("not an array")},
		"int/kernel.npy":  {Data: ints.Bytes()},
		"dir.npy/x.npy":   {Data: kernel},
	}
	listed := fstest.MapFS{"a/kernel.npy": {Data: kernel}, "manifest.json": manifest(`
		{"name": "a/kernel", "file": "a/kernel.npy", "shape": [1, 2], "sha256": "` + strings.Repeat("0", 64) + `"},
		{"name": "gone/kernel", "shape": [1, 2]},
		{"name": "half/kernel", "shape": [1, 2], "dtype": "float16"},
		{"name": "other/kernel", "shape": [2, 1]}`)}
	listed["half/kernel.npy"], listed["other/kernel.npy"] = listed["a/kernel.npy"], listed["a/kernel.npy"]
	for _, test := range []struct {
		fsys  fs.FS
		name  string
		shape []int
		want  string
	}{
		{plain, "b/kernel", []int{1, 2}, "weights: b/kernel: b/kernel.npy: file does not exist"},
		{plain, "a/kernel", []int{2, 1}, "weights: a/kernel: a/kernel.npy: want shape [2 1], got [1 2]"},
		{plain, "a/kernel", nil, "want a shape of positive sizes, got []"},
		{plain, "a/kernel", []int{1, 0}, "want a shape of positive sizes, got [1 0]"},
		{plain, "cut/kernel", []int{1, 2}, "cut/kernel.npy: npy: truncated in the data: want 8 bytes for float32 [1 2], got 7"},
		{plain, "long/kernel", []int{1, 2}, "long/kernel.npy: npy: bytes after the data"},
		{plain, "f/kernel", []int{3, 4, 5}, "f/kernel.npy: npy: header"},
		{plain, "text/kernel", []int{1, 2}, "text/kernel.npy: npy: not a .npy file"},
		{plain, "int/kernel", []int{1, 2}, "int/kernel.npy: npy: want an array of floats, got int64"},
		{plain, "dir", []int{1, 2}, "weights: dir: dir.npy: "},
		{plain, "../a/kernel", []int{1, 2}, "want a name such as"},
		{plain, "/a/kernel", []int{1, 2}, "want a name such as"},
		{plain, `a\kernel`, []int{1, 2}, "want a name such as"},
		{plain, "c:/kernel", []int{1, 2}, "want a name such as"},
		{plain, "", []int{1, 2}, "want a name such as"},
		{listed, "a/kernel", []int{1, 2}, "weights: a/kernel: a/kernel.npy: damaged or replaced: want SHA-256 0000"},
		{listed, "a/kernel", []int{2, 2}, "want shape [2 2], got [1 2]"},
		{listed, "gone/kernel", []int{1, 2}, "weights: gone/kernel: gone/kernel.npy: file does not exist"},
		{listed, "half/kernel", []int{1, 2}, "want float16 as manifest.json says, got float32"},
		{listed, "other/kernel", []int{2, 1}, "want shape [2 1], got [1 2]"},
	} {
		store, err := weights.Dir(test.fsys)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Param(test.name, test.shape...)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "weights: ") {
			t.Errorf("%s %v: want an error with %q, got %v", test.name, test.shape, test.want, err)
			continue
		}
		if missing := strings.Contains(test.want, "not exist"); missing != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: errors.Is(err, fs.ErrNotExist) is %v: %v", test.name, !missing, err)
		}
		var shape *weights.ShapeError
		if misshapen := strings.Contains(test.want, "want shape ["); misshapen != errors.As(err, &shape) {
			t.Errorf("%s: is a ShapeError: %v: %v", test.name, !misshapen, err)
		}
	}
	truncated, _ := weights.Dir(plain)
	if _, err := truncated.Param("cut/kernel", 1, 2); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("truncated: want io.ErrUnexpectedEOF, got %v", err)
	}
}

func TestDirRefuses(t *testing.T) {
	kernel := &fstest.MapFile{Data: npyFile(t, npy.Float32, []int{1}, 3)}
	entry := func(fields string) fs.FS {
		return fstest.MapFS{"a/kernel.npy": kernel, "manifest.json": manifest(fields)}
	}
	for _, test := range []struct {
		fsys fs.FS
		want string
	}{
		{nil, "no folder given"},
		{fstest.MapFS{}, "neither manifest.json nor any .npy file"},
		{fstest.MapFS{"photo.jpg": kernel}, "neither manifest.json nor any .npy file"},
		{os.DirFS("testdata/no such folder"), "no such file"},
		{fstest.MapFS{"manifest.json": kernel}, "manifest.json: invalid character"},
		{fstest.MapFS{"manifest.json": {Data: []byte("{}")}}, `no "parameters"`},
		{fstest.MapFS{"manifest.json": {Data: []byte("7")}}, `"manifest" cannot be a number`},
		{fstest.MapFS{"manifest.json": {Data: []byte(`{"model": 7, "parameters": []}`)}}, `"model" cannot be a number`},
		{fstest.MapFS{"manifest.json": {Data: []byte(`{"parameters": "all"}`)}}, `"parameters": want a list`},
		{fstest.MapFS{"manifest.json": manifest(`{"name": "a/b", "shape": "wide"}`)}, `"shape" cannot be a string`},
		{fstest.MapFS{"manifest.json": {Data: make([]byte, 17<<20)}}, "want at most"},
		{entry(`{"shape": [1]}`), "parameter 0: want a name"},
		{entry(`{"name": "a/../../kernel", "shape": [1]}`), "want a name"},
		{entry(`{"name": "a/kernel", "file": "../kernel.npy", "shape": [1]}`), "a/kernel: file: want a name"},
		{entry(`{"name": "a/kernel", "file": "manifest.json", "shape": [1]}`), "want a .npy file"},
		{entry(`{"name": "a/kernel"}`), "want a shape"},
		{entry(`{"name": "a/kernel", "shape": [-1]}`), "want a shape"},
		{entry(`{"name": "a/kernel", "shape": [4000000000, 4000000000]}`), "too large"},
		{entry(`{"name": "a/kernel", "shape": [1], "dtype": "int8"}`), `got "int8"`},
		{entry(`{"name": "a/kernel", "shape": [1], "sha256": "abc"}`), "want 64 hexadecimal digits"},
		{entry(`{"name": "a/kernel", "shape": [1]}, {"name": "a/kernel", "shape": [1]}`), "listed twice"},
		{entry(`{"name": "a/kernel", "shape": [1]}, {"name": "b", "file": "a/kernel.npy", "shape": [1]}`), "is that of a/kernel"},
	} {
		_, err := weights.Dir(test.fsys)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "weights: ") {
			t.Errorf("want an error with %q, got %v", test.want, err)
		}
	}
}

func TestDirInZipConcurrently(t *testing.T) {
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	w, err := z.Create("a/kernel.npy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(npyFile(t, npy.Float32, []int{3}, 1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	store, err := weights.Dir(r)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			d, err := store.Param("a/kernel", 3)
			if err != nil {
				t.Error(err)
				return
			}
			if got := d.Data().([]float32); !slices.Equal(got, []float32{1, 2, 3}) {
				t.Errorf("got %v", got)
			}
		})
	}
	wait.Wait()
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"model": "m", "parameters": [{"name": "a/kernel", "file": "a/kernel.npy", "shape": [1, 2], "dtype": "float32"}]}`))
	f.Add([]byte(`{"parameters": [{"name": "a/kernel", "shape": [1, 2], "sha256": "00"}]}`))
	f.Add([]byte(`{"parameters": [{"name": "../kernel", "shape": []}]}`))
	f.Add([]byte(`{"source_file": "m.h5", "source_sha256": "` + strings.Repeat("0f", 32) + `", "license": "MIT", "tool": "t", "parameters": [
		{"name": "a/kernel", "shape": [1, 2], "dtype": "float16", "sha256": "` + strings.Repeat("e0", 32) + `"}, {"name": "b", "shape": [3]}]}`))
	kernel := npyFile(f, npy.Float32, []int{1, 2}, 3, 4)
	f.Fuzz(func(t *testing.T, b []byte) {
		hostile.Read(t, len(b), func() { readFolder(t, fstest.MapFS{"manifest.json": {Data: b}, "a/kernel.npy": {Data: kernel}}) })
	})
}

// What costs most for a byte: short entries, long shapes, entries of nothing.
func TestManifestWithinBounds(t *testing.T) {
	var short, long, empty strings.Builder
	for i := 0; short.Len() < 2<<20-100; i++ {
		fmt.Fprintf(&short, `{"name":"%x","shape":[1]},`, i)
	}
	for long.Len() < 2<<20-100 {
		long.WriteString("1,")
	}
	for empty.Len() < 2<<20-100 {
		empty.WriteString("{},")
	}
	for what, list := range map[string]string{
		"short": short.String() + `{"name":"a/kernel","shape":[1, 2]}`,
		"long":  `{"name":"a/kernel","shape":[` + long.String() + `1]}`,
		"empty": empty.String() + "{}",
	} {
		t.Run(what, func(t *testing.T) {
			raw := []byte(`{"parameters":[` + list + "]}")
			var store *weights.Store
			var err error
			hostile.Memory(t, len(raw), func() { store, err = weights.Dir(fstest.MapFS{"manifest.json": {Data: raw}}) })
			if what != "empty" && (err != nil || len(store.Manifest().Parameters) == 0) {
				t.Errorf("want it read, got %v", err)
			}
			if what == "empty" && (err == nil || !strings.Contains(err.Error(), "parameter 0: want a name")) {
				t.Errorf("want parameter 0 named, got %v", err)
			}
		})
	}
}

// readFolder reads what there is and verifies it.
func readFolder(t *testing.T, fsys fs.FS) {
	store, err := weights.Dir(fsys)
	if err != nil {
		return
	}
	for _, p := range store.Manifest().Parameters {
		if !fs.ValidPath(p.File) || strings.Contains(p.File, `\`) {
			t.Fatalf("file %q", p.File)
		}
		if _, err := store.Param(p.Name, 1, 2); err != nil && !strings.HasPrefix(err.Error(), "weights: ") {
			t.Fatal(err)
		}
	}
	_ = store.Verify(t.Context())
}
