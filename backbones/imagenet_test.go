package backbones_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
)

// classIndex is a file such as Keras's, of so many classes.
func classIndex(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d": ["n%08d", "class_%d"]`, i, i, i)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// The guesses are those of decode_predictions of Keras 3.15.1 for the same
// probabilities and class index.
func TestDecodeAsKeras(t *testing.T) {
	index, err := backbones.ReadClasses(strings.NewReader(classIndex(1000)))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]float32, 1000)
	for i := range p {
		p[i] = float32((i*7919+13)%1000) / 499500
	}
	got, err := backbones.Decode(p, index, 5)
	if err != nil {
		t.Fatal(err)
	}
	want := []backbones.Guess{
		{Class: backbones.Class{ID: "n00000494", Name: "class_494"}, Probability: 0.00200000009},
		{Class: backbones.Class{ID: "n00000815", Name: "class_815"}, Probability: 0.00199799798},
		{Class: backbones.Class{ID: "n00000136", Name: "class_136"}, Probability: 0.00199599611},
		{Class: backbones.Class{ID: "n00000457", Name: "class_457"}, Probability: 0.001993994},
		{Class: backbones.Class{ID: "n00000778", Name: "class_778"}, Probability: 0.00199199189},
	}
	if !slices.Equal(got, want) {
		t.Errorf("want %v, got %v", want, got)
	}
	if all, err := backbones.Decode(p, index, 2000); err != nil || len(all) != 1000 {
		t.Errorf("all: %d, %v", len(all), err)
	}
	if _, err := backbones.Decode(p[1:], index, 5); err == nil {
		t.Error("999 probabilities: want an error")
	}
}

func TestReadClassesRefuses(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"", "class index"},
		{classIndex(999), "want 1000 classes, got 999"},
		{strings.Replace(classIndex(1000), `"7":`, `"1007":`, 1), "class 7: want ID and name"},
		{strings.Replace(classIndex(1000), `, "class_7"]`, "]", 1), "class 7: want ID and name"},
		{strings.Repeat(" ", 2<<20), "want at most"},
	} {
		if _, err := backbones.ReadClasses(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want an error with %q, got %v", test.want, err)
		}
	}
}

func FuzzReadClasses(f *testing.F) {
	f.Add([]byte(classIndex(3)))
	f.Add([]byte(classIndex(1000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := backbones.ReadClasses(strings.NewReader(string(b))); err == nil && len(list) != 1000 {
			t.Fatalf("%d classes", len(list))
		}
	})
}
