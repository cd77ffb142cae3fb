package weights_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/weights"
)

var small = weights.Manifest{
	Model: "small", Source: "a formula", License: "none",
	Parameters: []weights.Parameter{
		{Name: "conv/kernel", Shape: []int{3, 3, 2, 4}, Dtype: "float16"},
		{Name: "conv/bias", Shape: []int{4}},
		{Name: "bn/moving_variance", Shape: []int{4}, Dtype: "float64"},
	},
}

func TestSaveAndDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "weights")
	source := weights.ClosedForm("alpha", nil)
	for range 2 { // the second time it is replaced
		if err := weights.Save(dir, small, source); err != nil {
			t.Fatal(err)
		}
		store, err := weights.Dir(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		m := store.Manifest()
		if m.Model != small.Model || m.Source != small.Source || m.License != small.License {
			t.Errorf("manifest: %+v", m)
		}
		for i, p := range m.Parameters {
			if p.Name != small.Parameters[i].Name || len(p.SHA256) != 64 {
				t.Errorf("parameter %d: %+v", i, p)
			}
			got, want := values(t, store, p.Name, p.Shape...), values(t, source, p.Name, p.Shape...)
			for j := range want {
				// Half a step of float16 is 2^-12 of a value; float32 is exact.
				limit := float32(0)
				if p.Dtype == "float16" {
					limit = 0x1p-12
				}
				if d := got[j] - want[j]; d > limit || d < -limit {
					t.Errorf("%s element %d: want %v, got %v", p.Name, j, want[j], got[j])
				}
			}
		}
		alone(t, dir)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o700 != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
	if small.Parameters[0].SHA256 != "" {
		t.Error("the caller's manifest was changed")
	}
}

// alone fails if anything is left beside dir.
func alone(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// failing gives the named parameter's error and the rest from a formula.
type failing struct {
	name string
	give func() (*tensor.Dense, error)
}

func (f failing) Param(name string, shape ...int) (*tensor.Dense, error) {
	if name == f.name {
		return f.give()
	}
	return weights.Random(1).Param(name, shape...)
}

func TestSaveRefuses(t *testing.T) {
	params := weights.Random(1)
	list := func(p ...weights.Parameter) weights.Manifest { return weights.Manifest{Parameters: p} }
	broken := errors.New("broken")
	give := func(d *tensor.Dense, err error) failing {
		return failing{"conv/bias", func() (*tensor.Dense, error) { return d, err }}
	}
	for _, test := range []struct {
		name     string
		manifest weights.Manifest
		params   weights.Params
		want     string
	}{
		{"nil", small, nil, "no parameters given"},
		{"escape", list(weights.Parameter{Name: "../x/bias", Shape: []int{1}}), params, "want a name"},
		{"twice", list(weights.Parameter{Name: "x/bias", Shape: []int{1}}, weights.Parameter{Name: "x/bias", Shape: []int{1}}), params, "listed twice"},
		{"no shape", list(weights.Parameter{Name: "x/bias"}), params, "want a shape"},
		{"dtype", list(weights.Parameter{Name: "x/bias", Shape: []int{1}, Dtype: "int64"}), params, `got "int64"`},
		{"unknown kind", list(weights.Parameter{Name: "x/colour", Shape: []int{1}}), params, "x/colour"},
		{"failing", small, give(nil, broken), "broken"},
		{"nothing", small, give(nil, nil), "conv/bias: no tensor"},
		{"shape", small, give(tensor.New(tensor.WithShape(5), tensor.WithBacking(make([]float32, 5))), nil), "want shape [4], got (5)"},
		{"float64", small, give(tensor.New(tensor.WithShape(4), tensor.WithBacking(make([]float64, 4))), nil), "want float32, got float64"},
		{"float16", list(weights.Parameter{Name: "conv/bias", Shape: []int{1}, Dtype: "float16"}),
			give(tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{65520})), nil), "want less than 65520 for float16"},
	} {
		dir := filepath.Join(t.TempDir(), "weights")
		err := weights.Save(dir, test.manifest, test.params)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "weights: save "+dir) {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
		alone(t, dir)
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the folder was made", test.name)
		}
	}
}

func TestSaveKeepsWhatIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "photos")
	file := filepath.Join(dir, "dog.jpg")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := weights.Save(dir, small, weights.Random(1)); err != nil { // an empty folder is free
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(dir, 0o777), os.WriteFile(file, []byte("a dog"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := weights.Save(dir, small, weights.Random(1)); err == nil || !strings.Contains(err.Error(), "not overwritten") {
		t.Errorf("a folder of photos: got %v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "a dog" {
		t.Errorf("the photo: %q, %v", b, err)
	}
	if err := weights.Save(file, small, weights.Random(1)); err == nil {
		t.Error("a file: want an error")
	}
	alone(t, dir)

	// A failed save leaves the older weights.
	older := filepath.Join(t.TempDir(), "older")
	if err := weights.Save(older, small, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	broken := failing{"bn/moving_variance", func() (*tensor.Dense, error) { return nil, errors.New("broken") }}
	if err := weights.Save(older, small, broken); err == nil {
		t.Fatal("want an error")
	}
	store, err := weights.Dir(os.DirFS(older))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := values(t, store, "conv/bias", 4), values(t, weights.Random(1), "conv/bias", 4); !slices.Equal(got, want) {
		t.Errorf("older weights: want %v, got %v", want, got)
	}
	alone(t, older)
}
