package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// classed has rows whose only feature is their number.
func classed(labels ...int) *Features {
	f := &Features{Width: 1, Labels: labels, Source: "s"}
	for i, c := range labels {
		f.X, f.Files = append(f.X, float32(i)), append(f.Files, fmt.Sprint(i))
		for len(f.Classes) <= c {
			f.Classes = append(f.Classes, fmt.Sprint("class ", len(f.Classes)))
		}
	}
	return f
}

// numbers are the rows of the whole that a part holds; all columns must agree.
func numbers(t *testing.T, whole, part *Features) []int {
	var rows []int
	for i := range part.Len() {
		r := int(part.Row(i)[0])
		if part.Labels[i] != whole.Labels[r] || part.Files[i] != whole.Files[r] {
			t.Fatalf("row %d of the part is row %d of the whole, but label %d, file %s", i, r, part.Labels[i], part.Files[i])
		}
		rows = append(rows, r)
	}
	if err := part.Validate(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func wholeOnce(t *testing.T, n int, parts ...[]int) {
	all := slices.Concat(parts...)
	slices.Sort(all)
	for i, r := range all {
		if i != r {
			t.Fatalf("want every row once, got %v", all)
		}
	}
	if len(all) != n {
		t.Fatalf("want %d rows, got %d", n, len(all))
	}
}

// drawFeatures returns features of up to 60 rows of up to 5 classes, two at least.
func drawFeatures(rng *rand.Rand) *Features {
	labels := []int{0, 1}
	for range 2 + rng.IntN(58) {
		labels = append(labels, rng.IntN(5))
	}
	f := classed(labels...)
	if rng.IntN(2) == 0 {
		return f
	}
	all := make([]int, f.Len())
	for i := range all {
		all[i] = i
	}
	return f.Select(all) // a part of another
}

// everyDraw runs a test on many features.
func everyDraw(t *testing.T, test func(t *testing.T, f *Features, rng *rand.Rand)) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		t.Run(fmt.Sprint(seed), func(t *testing.T) { test(t, drawFeatures(rng), rng) })
	}
}

func TestSplitsHoldEveryRowOnce(t *testing.T) {
	everyDraw(t, func(t *testing.T, f *Features, rng *rand.Rand) {
		held, seed := 0.01+0.98*rng.Float64(), rng.Uint64()
		a, b, err := f.Split(held)
		if err != nil {
			if _, _, err := f.SplitStratified(held, seed); err == nil {
				t.Fatal("Split is an error, SplitStratified is none")
			}
			return
		}
		wholeOnce(t, f.Len(), numbers(t, f, a), numbers(t, f, b))
		for name, split := range map[string]func(float64, uint64) (*Features, *Features, error){"shuffled": f.SplitShuffled, "stratified": f.SplitStratified} {
			fit, rest, err := split(held, seed)
			if err != nil {
				t.Fatal(err)
			}
			if fit.Len() != a.Len() {
				t.Fatalf("%s: want %d rows to fit, got %d", name, a.Len(), fit.Len())
			}
			wholeOnce(t, f.Len(), numbers(t, f, fit), numbers(t, f, rest))
			again, _, err := split(held, seed)
			if err != nil || !cmp.Equal(fit, again) {
				t.Fatalf("%s: the same seed split otherwise: %v", name, err)
			}
		}
	})
}

func counts(f *Features) map[int]int {
	n := map[int]int{}
	for _, c := range f.Labels {
		n[c]++
	}
	return n
}

func TestStratifiedSplitIsEven(t *testing.T) {
	everyDraw(t, func(t *testing.T, f *Features, rng *rand.Rand) {
		held := 0.1 + 0.5*rng.Float64()
		_, rest, err := f.SplitStratified(held, 5)
		if err != nil {
			t.Fatal(err)
		}
		got := counts(rest)
		for c, n := range counts(f) {
			if d := math.Abs(float64(got[c]) - float64(n)*held); d > 2 {
				t.Fatalf("class %d: %d of %d rows held out at %v", c, got[c], n, held)
			}
		}
	})
	f := classed(0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2)
	for seed := range uint64(20) {
		_, rest, err := f.SplitStratified(0.25, seed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[int]int{0: 1, 1: 3}, counts(rest)); diff != "" && !cmp.Equal(map[int]int{0: 2, 1: 2}, counts(rest)) {
			t.Errorf("seed %d: the class of one row is to fit: %s", seed, diff)
		}
	}
}

func TestFolds(t *testing.T) {
	everyDraw(t, func(t *testing.T, f *Features, rng *rand.Rand) {
		k := 2 + rng.IntN(f.Len()-1)
		folds, err := f.Folds(k, rng.Uint64())
		if err != nil {
			t.Fatal(err)
		}
		var held [][]int
		least, most := f.Len(), 0
		for _, fold := range folds {
			rows := numbers(t, f, fold.Held)
			if !slices.Equal(rows, fold.Rows) {
				t.Fatalf("want rows %v, got %v", fold.Rows, rows)
			}
			wholeOnce(t, f.Len(), rows, numbers(t, f, fold.Fit))
			held = append(held, rows)
			least, most = min(least, len(rows)), max(most, len(rows))
			for c, n := range counts(f) {
				if got := counts(fold.Held)[c]; got < n/k || got > (n+k-1)/k {
					t.Fatalf("class %d: %d of %d rows in one of %d folds", c, got, n, k)
				}
			}
		}
		wholeOnce(t, f.Len(), held...)
		if most-least > 1 {
			t.Fatalf("folds of %d to %d rows", least, most)
		}
	})
}

func TestSplitErrors(t *testing.T) {
	one := classed(0, 0, 0, 0)
	two := classed(0, 1, 0, 1)
	_, _, shuffled := two.SplitShuffled(0, 1)
	_, _, stratified := one.SplitStratified(0.5, 1)
	_, _, empty := two.SplitStratified(1, 1)
	_, folds := one.Folds(2, 1)
	_, many := two.Folds(5, 1)
	_, few := two.Folds(1, 1)
	wrong := classed(0, 1, 0, 1)
	wrong.Labels[2] = 7
	_, label := wrong.Folds(2, 1)
	for want, err := range map[string]error{
		"want at least one row in each part, got 4 to fit":                  shuffled,
		"want rows of two classes at least, all are of one":                 stratified,
		"want at least one row in each part, got 0 to fit":                  empty,
		"folds: want 2 to 4, one row each, got 5":                           many,
		"folds: want 2 to 4, one row each, got 1":                           few,
		"row 2 (2): want a label from 0 to 1, got 7":                        label,
		"data: features: want rows of two classes at least, all are of one": folds,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestIndexIsValidated(t *testing.T) {
	part := classed(0, 1, 0).Select([]int{2, 0})
	part.Index[1] = 3
	if err := part.Validate(); err == nil || !strings.Contains(err.Error(), "row 1: want an index from 0 to 2, got 3") {
		t.Errorf("got %v", err)
	}
	part.Index = part.Index[:1]
	if err := part.Validate(); err == nil || !strings.Contains(err.Error(), "want an index of 2 rows, got 1") {
		t.Errorf("got %v", err)
	}
	nameless := classed(0, 1)
	nameless.Classes = nil
	if err := nameless.Validate(); err == nil || !strings.Contains(err.Error(), "classes: want their names, got none") {
		t.Errorf("got %v", err)
	}
}
