package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/examples/dogbreed/kennel"
	"github.com/cairnml/cairn/internal/hdf5"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/fetch"
)

func TestWeights(t *testing.T) {
	useCache(t)
	x := importSeeded(t)
	t.Run("info", func(t *testing.T) { testInfo(t, x) })
	t.Run("in and out", func(t *testing.T) { testInAndOut(t, x) })
	t.Run("something else", func(t *testing.T) { testSomethingElse(t, x) })
}

// imported is a small network's weights with top as Keras file, folder and .npz
// file.
type imported struct{ dir, h5, folder, npz string }

const model = "efficientnetlite0" // the one without large weights

func importSeeded(t *testing.T) imported {
	t.Helper()
	dir := t.TempDir()
	parameters, err := backbones.EfficientNetLite0().Parameters(backbones.Config{Top: true})
	if err != nil {
		t.Fatal(err)
	}
	x := imported{dir, filepath.Join(dir, "first.h5"), filepath.Join(dir, model), filepath.Join(dir, "all.npz")}
	f, err := os.Create(x.h5)
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.WriteH5(f, parameters, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if out := must(t, "import", x.h5, "--out", dir); !strings.HasSuffix(out, " arrays of "+model+", with top\n") {
		t.Errorf("import: %q", out)
	}
	must(t, "export", x.folder, "--format", "npz", "--out", x.npz)
	return x
}

// must is cairn weights with its arguments: what it prints.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t, append([]string{"weights"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Weights are the same bytes after every way in and out, and damage is named.
func testInAndOut(t *testing.T, x imported) {
	if out := must(t, "verify", x.folder); out != x.folder+": good\n" {
		t.Errorf("verify: %q", out)
	}
	again := filepath.Join(x.dir, "again")
	arrays := filepath.Join(x.dir, "arrays")
	must(t, "export", x.folder, "--format", "npy", "--out", arrays)
	for what, file := range map[string]string{"keras": "", "folder": x.folder, "npz": x.npz, "npy": arrays} {
		folder, out := x.folder, filepath.Join(x.dir, what+".h5")
		if file != "" {
			folder = filepath.Join(again, what, model)
			must(t, "import", file, "--model", model, "--out", filepath.Join(again, what))
		}
		must(t, "export", folder, "--out", out)
		if same, err := sameBytes(x.h5, out); err != nil || !same {
			t.Errorf("%s: export differs from the file that was imported: %v", what, err)
		}
	}
	kernel := filepath.Join(x.folder, "stem_conv", "kernel.npy")
	if err := os.WriteFile(kernel, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "weights", "verify", x.folder); exitCode(err) != exitDamaged || !strings.Contains(err.Error(), "stem_conv/kernel.npy") {
		t.Errorf("verify: want the damaged file named, got %v", err)
	}
	if out := must(t, "verify", model); out != "embedded "+model+": good\n" {
		t.Errorf("verify: %q", out)
	}
}

// An import waits for what another process writes into the same folder.
func TestImportWaits(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "embedded.npz")
	must(t, "export", model, "--out", file)
	unlock, err := fetch.Lock(t.Context(), dir, model, func() { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "."+model+".1.tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	out := &waiting{waits: make(chan struct{})}
	c := newRoot()
	c.SetArgs([]string{"weights", "import", file, "--out", dir})
	c.SetOut(out)
	c.SetErr(out)
	done := make(chan error)
	go func() { done <- c.ExecuteContext(t.Context()) }()
	<-out.waits
	if exists(filepath.Join(dir, model)) {
		t.Error("imported in spite of the lock")
	}
	unlock()
	if err := <-done; err != nil || !strings.Contains(out.String(), "another process is writing it, waiting\n") {
		t.Errorf("got %q, %v", out, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); left != nil {
		t.Errorf("left behind: %v", left)
	}
	must(t, "verify", filepath.Join(dir, model))
}

// waiting closes waits at the first write.
type waiting struct {
	bytes.Buffer
	waits chan struct{}
	once  sync.Once
}

func (w *waiting) Write(b []byte) (int, error) {
	defer w.once.Do(func() { close(w.waits) })
	return w.Buffer.Write(b)
}

// --weights names what is wrong with it.
func TestWrongWeightsFolder(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, model)
	must(t, "export", model, "--format", "npy", "--out", folder)
	broken := filepath.Join(dir, "broken")
	if err := os.MkdirAll(filepath.Join(broken, model), 0o777); err != nil {
		t.Fatal(err)
	}
	for weights, want := range map[string]string{
		filepath.Join(dir, "absent"): "--weights: there is no folder " + filepath.Join(dir, "absent"),
		t.TempDir():                  "there is no folder " + model + " in it",
		folder:                       "want the folder above",
		broken:                       "--weights: " + filepath.Join(broken, model) + ": weights: neither manifest.json",
	} {
		if _, err := run(t, "train", "--photos", photosOf(t), "--out", t.TempDir(), "--models", model, "--weights", weights); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", weights, want, err)
		}
	}
}

// photosOf makes a few photos.
func photosOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := kennel.Write(dir, kennel.Options{Photos: 1}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// notKeras is an HDF5 file without layers.
func notKeras(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := hdf5.Write(&b, &hdf5.Node{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sameBytes(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return string(x) == string(y), err
}

// What a person may give by mistake is called what it is.
func testSomethingElse(t *testing.T, x imported) {
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(x.dir, name)
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	whole, err := os.ReadFile(x.h5)
	if err != nil {
		t.Fatal(err)
	}
	png, short := write("photo.png", "\x89PNG\r\n\x1a\n…"), write("short.h5", string(whole[:len(whole)/2]))
	other := write("other.h5", string(notKeras(t)))
	page, empty, zip := write("page.h5", "<!DOCTYPE html>"), write("empty.h5", ""), write("short.npz", "PK\x03\x04")
	folder := t.TempDir()
	if err := os.Remove(filepath.Join(x.folder, "manifest.json")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(x.folder, "stem_conv")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"import " + x.h5 + " --model lenet", "--model: backbones: no backbone"},
		{"import " + x.h5 + " --model vgg16", "first.h5: --model vgg16: these are weights of efficientnetlite0"},
		{"import " + x.h5 + " " + x.npz + " --out " + filepath.Join(x.dir, "out"), "are both efficientnetlite0"},
		{"import " + png, `photo.png: want a .h5, .keras or .npz file or a folder of .npy files, got a file that starts with "\x89PNG`},
		{"import " + page, "<!DOCTY"},
		{"import " + other, "other.h5: weights: other.h5: not a weight file of Keras"},
		{"import " + empty, "an empty file"},
		{"import " + zip, "short.npz: damaged or cut off"},
		{"import " + short, "truncated: the file should have"},
		{"import " + folder, "a folder without any"},
		{"import " + filepath.Join(x.dir, "absent.h5"), "absent.h5"},
		{"import " + x.folder, "fit no backbone of cairn; --model NAME says what differs"},
		{"import " + x.folder + " --model " + model, "missing stem_conv/kernel; surplus"},
		{"import", "arg"},
		{"info " + png, "photo.png: want a .npy, .npz, .h5 or .keras file, got a file that starts with"},
		{"info " + folder, "neither manifest.json nor any .npy file"},
		{"info absent", "absent: no such file"},
		{"export " + x.folder + " --format zip --out x", "manifest.json"},
		{"export " + folder + " --out x", "neither manifest.json nor any .npy file"},
		{"export " + model + " --out x", "x: want --format npz, h5 or npy, or a name that ends in"},
		{"export " + model + " --format zip --out x", `--format: want npz, h5 or npy, got "zip"`},
		{"export " + model + " --out x.weights.h5", "Keras 3 takes .weights.h5 for its own format"},
		{"export lenet --out x.h5", "lenet: neither a folder nor a model"},
		{"verify vgg16", "get it with `cairn weights fetch vgg16`"},
	} {
		if _, err := run(t, append([]string{"weights"}, strings.Fields(c.args)...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.args, c.want, err)
		}
	}
}

func testInfo(t *testing.T, x imported) {
	for file, want := range map[string][]string{
		x.h5:                                 {"an HDF5 file of 19.0 MB", "\nstem_conv\n  stem_conv\n    kernel:0  ", " float32  [3 3 3 32]\n", "groups, 4,694,024 values\n"},
		x.npz:                                {"a .npz file of 18.8 MB", "\nstem_conv\n  kernel  ", " float32  [3 3 3 32]\n", "groups, 4,694,024 values\n"},
		x.folder:                             {": weights of efficientnetlite0\nsource   imported from first.h5\nfile     first.h5\nSHA-256  ", "\nstem_conv\n  kernel  ", "247 arrays in 99 groups, 4,694,024 values\n"},
		filepath.Join(x.folder, "stem_conv"): {": weights of an unknown model\nkernel  float32  [3 3 3 32]\n1 array, 864 values\n"},
		model:                                {"embedded efficientnetlite0: weights of EfficientNetLite0\n", "licence  Apache-2.0\n", "float16"},
		filepath.Join(x.folder, "stem_conv", "kernel.npy"): {"a .npy file of 3.6 kB\nkernel.npy  float32  [3 3 3 32]\n1 array, 864 values\n"},
	} {
		out := must(t, "info", file)
		for _, part := range want {
			if !strings.Contains(out, part) {
				t.Errorf("%s: want %q in:\n%.500s…", file, part, out)
			}
		}
	}
	// A group comes once and not without arrays; what moves the cursor is replaced.
	got, err := treeOf([]weights.H5Entry{
		{Path: "/"}, {Path: "/a"}, {Path: "/a/empty"}, {Path: "/a/x", Dtype: "int8", Shape: []int{2}}, {Path: "/a/b"}, {Path: "/a/b/y\x1b", Dtype: "string"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &tree{[][3]string{{"a"}, {"  x", "int8", "[2]"}, {"  b"}, {"    y\ufffd", "string", "[]"}}, 2, 2, 3}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tree{})); diff != "" {
		t.Error(diff)
	}
}
