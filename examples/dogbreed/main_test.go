package main

import (
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
)

// small is the whole program on a few photos of few pixels.
func small(t *testing.T) options {
	return options{out: filepath.Join(t.TempDir(), "out"), cache: filepath.Join(t.TempDir(), "cache"), size: 64, epochs: 20, limit: 60}
}

func TestTrainsAndPredictsWithoutAnything(t *testing.T) {
	o := small(t)
	var out strings.Builder
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"60 photos of 12 breeds", "efficientnetlite1", "2560", "val accuracy", "6 held-out photos", "16×16 pixels", "-weights DIR",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, out.String())
		}
	}
	f, err := os.Open(filepath.Join(o.out, "curves.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() < 600 {
		t.Errorf("curves.png: %v", err)
	}

	photos, err := filepath.Glob(filepath.Join(o.out, "kennel", "train", "*.jpg"))
	if err != nil || len(photos) != 60 {
		t.Fatalf("want 60 photos, got %d, %v", len(photos), err)
	}
	out.Reset()
	o.predict = photos[0]
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "%"); lines != 5 {
		t.Errorf("want the five most probable breeds, got:\n%s", out.String())
	}
	o.size = 96 // another stack than the classifier was trained on
	if err := run(t.Context(), o, io.Discard); err == nil || !strings.Contains(err.Error(), "efficientnetlite0") {
		t.Errorf("want an error that names the member, got %v", err)
	}
}

// TestFullStack runs the tutorial's stack on photos in Kaggle's layout, with
// seeded weights in folders as -weights wants them.
func TestFullStack(t *testing.T) {
	if testing.Short() {
		t.Skip("122 MB of weights in short mode")
	}
	folder := t.TempDir()
	for _, spec := range []backbones.Spec{backbones.ResNet50V2(), backbones.DenseNet121()} {
		saveSeeded(t, spec, filepath.Join(folder, spec.Name))
	}
	kennel := small(t)
	if _, _, err := openPhotos(kennel); err != nil {
		t.Fatal(err)
	}
	o := options{
		data: filepath.Join(kennel.out, "kennel"), weights: folder, size: 32,
		out: filepath.Join(t.TempDir(), "out"), cache: "none", epochs: 2, batch: 8, limit: 24,
	}
	var out strings.Builder
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"24 photos of 12 breeds", "resnet50v2", "densenet121", "30,602,304", "3072", "3 held-out photos"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, out.String())
		}
	}
}

func saveSeeded(t *testing.T, spec backbones.Spec, dir string) {
	t.Helper()
	list, err := spec.Parameters(backbones.Config{})
	if err != nil {
		t.Fatal(err)
	}
	m := weights.Manifest{Model: spec.Name, Source: "seeded", Parameters: list}
	if err := weights.Save(dir, m, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("id,breed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	for _, c := range []struct {
		name   string
		change func(*options)
		want   string
	}{
		{"out not writable", func(o *options) { o.out = filepath.Join(file, "out") }, "-out: mkdir " + file},
		{"no labels", func(o *options) { o.data = empty }, "labels.csv"},
		{"no weights", func(o *options) { o.weights = empty }, "resnet50v2"},
		{"small input", func(o *options) { o.size = 16 }, "32×32 pixels, got 16×16"},
		{"negative size", func(o *options) { o.size = -1 }, "-size"},
		{"no classifier", func(o *options) { o.predict = file }, "train one first"},
	} {
		o := small(t)
		c.change(&o)
		if err := run(t.Context(), o, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", c.name, c.want, err)
		}
	}
}
