package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/weights"
)

// A Keras file goes into a folder, out as .h5 and in again to the same bytes, and
// damage is named.
func TestWeights(t *testing.T) {
	const model = "efficientnetlite0"
	dir := t.TempDir()
	parameters, err := declared(model, false)
	if err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "first.h5")
	f, err := os.Create(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.WriteH5(f, parameters, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := run(t, append([]string{"weights"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	folder, second, npz := filepath.Join(dir, model), filepath.Join(dir, "second.h5"), filepath.Join(dir, "all.npz")
	if out := must("import", first, "--model", model, "--out", dir); !strings.Contains(out, "parameters of "+model) {
		t.Errorf("import: %q", out)
	}
	if out := must("verify", folder); out != folder+": good\n" {
		t.Errorf("verify: %q", out)
	}
	must("export", folder, "--format", "h5", "--out", second)
	must("export", folder, "--format", "npz", "--out", npz)
	a, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("export differs from the file that was imported")
	}
	for _, file := range []string{first, npz, filepath.Join(folder, "stem_conv", "kernel.npy")} {
		if out := must("info", file); !strings.Contains(out, "float32") || !strings.Contains(out, "[3 3 3 32]") {
			t.Errorf("info %s: %.300s", file, out)
		}
	}
	kernel := filepath.Join(folder, filepath.FromSlash(parameters[0].Name)+".npy")
	if err := os.WriteFile(kernel, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "weights", "verify", folder); err == nil || !strings.Contains(err.Error(), parameters[0].Name) {
		t.Errorf("verify: want the damaged file named, got %v", err)
	}
	for _, c := range []struct{ args, want string }{
		{"weights import " + first + " --model lenet", "--model"},
		{"weights import " + first + " --model vgg16 --out " + dir, "want"},
		{"weights import " + first, "model"},
		{"weights info " + kernel, "kernel.npy"},
		{"weights export " + folder + " --format zip --out x", `got "zip"`},
	} {
		if _, err := run(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.args, c.want, err)
		}
	}
}
