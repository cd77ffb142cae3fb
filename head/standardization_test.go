package head

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/data"
)

func TestStandardize(t *testing.T) {
	fit := &data.Features{Width: 2, X: []float32{1, 7, 3, 7}, Labels: []int{0, 1}, Classes: []string{"a", "b"}}
	held := &data.Features{Width: 2, X: []float32{5, 8}, Labels: []int{0}, Classes: fit.Classes}
	s, err := Standardize(fit)
	if err != nil {
		t.Fatal(err)
	}
	// The second feature is constant: it becomes 0 everywhere.
	if diff := cmp.Diff(Standardization{Mean: []float64{2, 7}, Scale: []float64{1, 0}}, s); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		f    *data.Features
		want []float32
	}{{fit, []float32{-1, 0, 1, 0}}, {held, []float32{3, 0}}, {fit.Select([]int{1}), []float32{1, 0}}} {
		got, err := s.Apply(c.f)
		if err != nil || !slices.Equal(got.X, c.want) {
			t.Errorf("want %v, got %v, %v", c.want, got, err)
		}
	}
	if fit.X[0] != 1 {
		t.Error("the features themselves have changed")
	}
}

// foldTolerance is what rounding weights to float32 moves logits below 100 by.
const foldTolerance = 1e-4

func TestFoldedHeadSaysTheSame(t *testing.T) {
	f := goldenFeatures("gt-public", "small")
	s, err := Standardize(f)
	if err != nil {
		t.Fatal(err)
	}
	standard, err := s.Apply(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range [][]int{nil, {9, 5}} {
		h := newHead(t, Config{Inputs: f.Width, Classes: f.Classes, Dropout: 0.3, Hidden: hidden})
		train(t, h, standard, nil, Training{Epochs: 3})
		if err := h.SetTemperature(1.5); err != nil {
			t.Fatal(err)
		}
		folded, err := h.Fold(s)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := folded.Save(dir); err != nil {
			t.Fatal(err)
		}
		opened, err := Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := h.runRows(t.Context(), standard.Len(), standard.Row)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := opened.runRows(t.Context(), f.Len(), f.Row)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i := range want {
			worst = max(worst, math.Abs(float64(got[i]-want[i])))
		}
		t.Logf("hidden %v: logits differ by %.2g", hidden, worst)
		if !(worst < foldTolerance) {
			t.Errorf("hidden %v: want logits that differ by less than %v, got %v", hidden, foldTolerance, worst)
		}
		if h.Fingerprint() == folded.Fingerprint() {
			t.Error("folding has changed the head itself, or nothing")
		}
	}
}

func TestStandardizationRefuses(t *testing.T) {
	h := newHead(t, Config{Inputs: 2, Classes: []string{"a", "b"}})
	custom := newHead(t, Config{Inputs: 2, Classes: []string{"a", "b"}, Layers: Config{Classes: []string{"a", "b"}}.usual})
	two := Standardization{Mean: []float64{0, 1}, Scale: []float64{1, 1}}
	f := &data.Features{Width: 1, X: []float32{1, 2}, Labels: []int{0, 1}, Classes: []string{"a", "b"}}
	bad := &data.Features{Width: 1, X: []float32{1, float32(math.NaN())}, Labels: []int{0, 1}, Classes: []string{"a", "b"}}
	for _, c := range []struct {
		err  func() error
		want string
	}{
		{func() error { _, err := Standardize(nil); return err }, "no features"},
		{func() error { _, err := Standardize(bad); return err }, "row 1"},
		{func() error { _, err := two.Apply(f); return err }, "2 wide"},
		{func() error { _, err := two.Apply(nil); return err }, "no features"},
		{func() error { _, err := h.Fold(Standardization{Mean: []float64{1}}); return err }, "2 means"},
		{func() error { _, err := custom.Fold(two); return err }, "Config.Layers"},
		{func() error {
			_, err := h.Fold(Standardization{Mean: []float64{0, 1}, Scale: []float64{1, math.Inf(1)}})
			return err
		}, "finite weights"},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}
