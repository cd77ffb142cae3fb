package stack_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
)

// drawn gives each backbone weights of its own.
func drawn(spec backbones.Spec, top bool) (nn.Params, error) {
	if top != (spec.Name == "efficientnetlite1") {
		return nil, fmt.Errorf("%s: top %v", spec.Name, top)
	}
	return weights.Random(uint64(spec.InputSize)), nil
}

// savedPair is the folder of a classifier on two of the built-in backbones, used
// in every way that is not the usual one.
func savedPair(t *testing.T) (dir string, saved *stack.Classifier) {
	t.Helper()
	var members []*backbones.Backbone
	for _, m := range []struct {
		name   string
		config backbones.Config
	}{
		{"efficientnetlite0", backbones.Config{InputSize: 32, InputWidth: 40, Pooling: backbones.Max, Interpolate: data.Bicubic, KeepAspect: true}},
		{"efficientnetlite1", backbones.Config{InputSize: 33, Top: true}},
	} {
		spec, err := backbones.Lookup(m.name)
		if err != nil {
			t.Fatal(err)
		}
		params, err := drawn(spec, m.config.Top)
		if err != nil {
			t.Fatal(err)
		}
		b, err := backbones.New(spec, params, m.config)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, b)
	}
	s, err := stack.New(members...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s = s.WithDecoder(data.Decoder{Orient: true})
	h, err := head.New(head.Config{Inputs: s.Features(), Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	saved = &stack.Classifier{Stack: s, Head: h}
	dir = t.TempDir()
	if err := saved.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir, saved
}

func TestLoadBuildsTheStackOfTheFolder(t *testing.T) {
	dir, saved := savedPair(t)
	c, err := stack.Load(os.DirFS(dir), drawn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stack.Close()
	if c.Stack.Fingerprint() != saved.Stack.Fingerprint() || c.Head.Fingerprint() != saved.Head.Fingerprint() {
		t.Error("want the stack and the head that were saved")
	}
	set := painted(t, 1)
	photo, err := data.ReadImage(set.FS, set.Photos[0].File)
	if err != nil {
		t.Fatal(err)
	}
	want, err := saved.Predict(t.Context(), photo, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Predict(t.Context(), photo, 0); err != nil || !slices.Equal(got, want) {
		t.Errorf("want %v, got %v, %v", want, got, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir, _ := savedPair(t)
	text, err := os.ReadFile(filepath.Join(dir, "classifier.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"efficientnetlite0"`, `"lenet"`, "member lenet"},
		{`"max"`, `"least"`, `output: want avg, max, none or top, got "least"`},
		{`"height": 32`, `"height": 3`, "efficientnetlite0: "},
		{"keep aspect", "keep", "interpolation"},
		{`"height": 33`, `"height": 34`, "want the stack with fingerprint"},
		{data.DecoderVersion, "pillow-0", "trained on photos decoded as pillow-0"},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if changed == string(text) {
			t.Fatalf("no %s in\n%s", c.old, text)
		}
		if err := os.WriteFile(filepath.Join(dir, "classifier.json"), []byte(changed), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := stack.Load(os.DirFS(dir), drawn); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", c.new, c.want, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "classifier.json"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	other := func(backbones.Spec, bool) (nn.Params, error) { return weights.Random(99), nil }
	if _, err := stack.Load(os.DirFS(dir), other); err == nil || !strings.Contains(err.Error(), "trained with other weights") {
		t.Errorf("other weights: got %v", err)
	}
	none := func(backbones.Spec, bool) (nn.Params, error) { return nil, fmt.Errorf("weights: %w", fs.ErrNotExist) }
	if _, err := stack.Load(os.DirFS(dir), none); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no weights: got %v", err)
	}
	if _, err := stack.Load(os.DirFS(t.TempDir()), drawn); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no classifier: got %v", err)
	}
	if _, err := stack.Load(nil, drawn); err == nil {
		t.Error("no folder: want an error")
	}
}
