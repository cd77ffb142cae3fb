package stack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

func TestExtractVariants(t *testing.T) {
	s, set := pair(t), painted(t, 3)
	plain, err := s.Extract(t.Context(), set, stack.Extraction{})
	if err != nil {
		t.Fatal(err)
	}
	e := stack.Extraction{Variants: 2, Augmentation: data.Augmentation{RandomCrop: 0.2, RandomFlip: true, RandomBrightness: 0.1}, Seed: 5}
	calls := 0
	e.Progress = func(p stack.Progress) {
		if calls++; p.Done != calls || p.Total != 3 {
			t.Errorf("progress: got %+v at call %d", p, calls)
		}
	}
	f, err := s.Extract(t.Context(), set, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Validate(); err != nil || f.Len() != 9 {
		t.Fatalf("want 9 rows, got %d: %v", f.Len(), err)
	}
	for i := range 9 {
		same := slices.Equal(f.Row(i), plain.Row(i/3))
		if f.Labels[i] != set.Photos[i/3].Class || f.Files[i] != set.Photos[i/3].File || same != (i%3 == 0) {
			t.Errorf("row %d: got label %d, file %s, that of the photo: %v", i, f.Labels[i], f.Files[i], same)
		}
	}
	// A photo's variants do not depend on the photos before it.
	last := &data.Set{FS: set.FS, Photos: set.Photos[2:], Classes: set.Classes}
	e.Progress = nil
	if alone, err := s.Extract(t.Context(), last, e); err != nil || !slices.Equal(alone.X, f.X[6*f.Width:]) {
		t.Errorf("the last photo alone has other variants: %v", err)
	}
	e.Seed++
	if other, err := s.Extract(t.Context(), last, e); err != nil || slices.Equal(other.Row(1), f.Row(7)) {
		t.Errorf("another seed gives the same variants: %v", err)
	}
	if _, err := s.Extract(t.Context(), set, stack.Extraction{Variants: -1}); err == nil {
		t.Error("want an error for -1 variants")
	}
}

func TestWithDecoder(t *testing.T) {
	s := pair(t)
	upright := s.WithDecoder(data.Decoder{Orient: true})
	if s.Fingerprint() == upright.Fingerprint() || s.WithDecoder(data.Decoder{MaxPixels: 9}).Fingerprint() != s.Fingerprint() {
		t.Error("want another fingerprint for upright photos alone")
	}
	turned := os.DirFS(filepath.Join("..", "data", "testdata", "options"))
	set := &data.Set{FS: turned, Photos: []data.Photo{{File: "orientation6.png"}}, Classes: []string{"a", "b"}}
	photo, err := data.ReadImage(turned, "orientation6.png")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.Describe(t.Context(), photo)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		s    *stack.Stack
		same bool
	}{"as stored": {s, true}, "upright": {upright, false}} {
		f, err := c.s.Extract(t.Context(), set, stack.Extraction{})
		if err != nil || slices.Equal(f.X, stored) != c.same {
			t.Errorf("%s: features of the stored photo: want %v: %v", name, c.same, err)
		}
	}
	if _, err := s.WithDecoder(data.Decoder{MaxPixels: 9}).Extract(t.Context(), set, stack.Extraction{}); err == nil || !strings.Contains(err.Error(), "want 1 to 9 pixels") {
		t.Errorf("want the limit, got %v", err)
	}
}

func TestAverageFlip(t *testing.T) {
	set := painted(t, 8)
	c := trained(t, pair(t), set)
	photo, err := data.ReadImage(set.FS, set.Photos[1].File)
	if err != nil {
		t.Fatal(err)
	}
	predict := func(p *data.RGB) map[string]float32 {
		t.Helper()
		list, err := c.Predict(t.Context(), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		byClass := make(map[string]float32)
		for _, x := range list {
			byClass[x.Class] = x.Probability
		}
		return byClass
	}
	one, other := predict(photo), predict(photo.FlipHorizontal())
	c.AverageFlip = true
	for class, p := range predict(photo) {
		if want := (one[class] + other[class]) / 2; p != want {
			t.Errorf("%s: got %v, want %v", class, p, want)
		}
	}
}
