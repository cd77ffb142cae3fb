package head

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestSaveAndOpen(t *testing.T) {
	f := goldenFeatures("gt-public", "noisy")
	h := newHead(t, Config{Inputs: 20, Classes: f.Classes, Hidden: []int{8}, Dropout: 0.25, Seed: 9})
	dir := filepath.Join(t.TempDir(), "deep", "head")
	if err := h.Save(dir); err != nil {
		t.Fatal(err)
	}
	first, err := Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(h.Config(), first.Config()); diff != "" {
		t.Errorf("another configuration:\n%s", diff)
	}
	want, err := h.Predict(context.Background(), f.X)
	if err != nil {
		t.Fatal(err)
	}
	got, err := first.Predict(context.Background(), f.X)
	if err != nil || !slices.Equal(want, got) || first.Fingerprint() != h.Fingerprint() {
		t.Errorf("the opened head predicts otherwise: %v", err)
	}

	train(t, h, f, nil, Training{Epochs: 1})
	for range 2 { // the same weights twice, too
		if err := h.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	second, err := Open(os.DirFS(dir))
	if err != nil || second.Fingerprint() != h.Fingerprint() {
		t.Errorf("after training: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("want head.json and one folder of weights, got %v, %v", entries, err)
	}
}

func TestModelCheckpointSavesToItsFolder(t *testing.T) {
	fit, held := noisy(t)
	h, dir := newHead(t, Config{}), filepath.Join(t.TempDir(), "best")
	history := train(t, h, fit, held, Training{Epochs: 15, Batch: 32, LearningRate: 0.1, Callbacks: []Callback{
		ModelCheckpoint{Dir: dir, SaveBestOnly: true},
		EarlyStopping{Patience: 15, RestoreBestWeights: true},
	}})
	if history.Best() == len(history)-1 {
		t.Fatal("the last epoch is the best: the test shows nothing")
	}
	best, err := Open(os.DirFS(dir))
	if err != nil || best.Fingerprint() != h.Fingerprint() {
		t.Errorf("want the weights of epoch %d: %v", history.Best()+1, err)
	}
}

func TestSaveWhereItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := newHead(t, Config{}).Save(filepath.Join(file, "head")); err == nil || !strings.Contains(err.Error(), "head: save "+file) {
		t.Errorf("below a file: got %v", err)
	}
}

// saved returns the files of a saved head.
func saved(t testing.TB) fstest.MapFS {
	t.Helper()
	h, err := New(Config{Inputs: 3, Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := h.Save(dir); err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestOpenRefuses(t *testing.T) {
	edit := func(key string, value any) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			var j map[string]any
			if err := json.Unmarshal(files[headFile].Data, &j); err != nil {
				t.Fatal(err)
			}
			j[key] = value
			text, _ := json.Marshal(j)
			files[headFile] = &fstest.MapFile{Data: text}
		}
	}
	kernel := func(files fstest.MapFS) string {
		for name := range files {
			if strings.HasSuffix(name, "kernel.npy") {
				return name
			}
		}
		return ""
	}
	cases := []struct {
		name   string
		damage func(fstest.MapFS)
		want   string
		is     error
	}{
		{"no head.json", func(f fstest.MapFS) { delete(f, headFile) }, "head.json", fs.ErrNotExist},
		{"not JSON", func(f fstest.MapFS) { f[headFile].Data = f[headFile].Data[:20] }, "head.json: unexpected end", nil},
		{"format", edit("format", 2), "head.json: format: want 1, got 2", nil},
		{"outside", edit("weights", "../weights-0123456789abcdef"), "head.json: weights: want the name of a folder", nil},
		{"other folder", edit("weights", "weights-0123456789abcdef"), "weights-0123456789abcdef", fs.ErrNotExist},
		{"one class", edit("classes", []string{"a"}), "head.json: head: classes: want at least 2, got 1", nil},
		{"other size", edit("inputs", 4), "want shape [4 2], got [3 2]", nil},
		{"huge", edit("inputs", 1<<40), "want shape", nil},
		{"other weights", edit("fingerprint", "00"), "want the weights with fingerprint 00", nil},
		{"kernel missing", func(f fstest.MapFS) { delete(f, kernel(f)) }, "predictions/kernel", fs.ErrNotExist},
		{"kernel cut short", func(f fstest.MapFS) { m := f[kernel(f)]; m.Data = m.Data[:len(m.Data)-4] }, "predictions/kernel", nil},
		{"kernel changed", func(f fstest.MapFS) { m := f[kernel(f)]; m.Data[len(m.Data)-1] ^= 1 }, "predictions/kernel", nil},
	}
	for _, c := range cases {
		files := saved(t)
		c.damage(files)
		h, err := Open(files)
		if h != nil || err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
	if _, err := Open(nil); err == nil {
		t.Error("no folder: want an error")
	}
}

func FuzzOpen(f *testing.F) {
	files := saved(f)
	f.Add(files[headFile].Data)
	f.Add([]byte(`{"format":1,"inputs":9223372036854775807,"classes":["a","b"],"weights":"weights-0123456789abcdef"}`))
	f.Add([]byte(`{"format":1,"inputs":3,"hidden":[1000000,1000000],"classes":["a","b"],"weights":"` + folderOf(files) + `"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		changed := fstest.MapFS{}
		for name, file := range files {
			changed[name] = file
		}
		changed[headFile] = &fstest.MapFile{Data: text}
		h, err := Open(changed)
		if err != nil {
			return
		}
		if p, err := h.Predict(context.Background(), make([]float32, h.Config().Inputs)); err != nil || len(p) != len(h.Config().Classes) {
			t.Errorf("opened, but does not predict: %v", err)
		}
	})
}

func folderOf(files fstest.MapFS) string {
	for name := range files {
		if folder, _, ok := strings.Cut(name, "/"); ok {
			return folder
		}
	}
	return ""
}
