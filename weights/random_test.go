package weights_test

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cairnml/cairn/weights"
)

// moments returns mean, deviation and the largest magnitude.
func moments(v []float32) (mean, deviation, largest float64) {
	for _, x := range v {
		mean += float64(x) / float64(len(v))
	}
	for _, x := range v {
		deviation += (float64(x) - mean) * (float64(x) - mean) / float64(len(v))
		largest = max(largest, math.Abs(float64(x)))
	}
	return mean, math.Sqrt(deviation), largest
}

// A sample of n values misses the mean by deviation/sqrt(n) and the deviation by
// about 0.7 deviation/sqrt(n); five times that never happens by chance.
const chances = 5

func TestRandomKernels(t *testing.T) {
	const cut = 2 / 0.87962566103423978 // Keras: the normal before cutting is wider than the result
	for _, test := range []struct {
		shape []int
		fanIn float64
	}{
		{[]int{3, 3, 64, 128}, 9 * 64}, {[]int{3, 3, 4096, 1}, 9}, {[]int{1, 1, 96, 1}, 96}, {[]int{5, 5, 1, 256}, 25}, {[]int{2048, 120}, 2048},
	} {
		v := values(t, weights.Random(1), "a/kernel", test.shape...)
		want, root := math.Sqrt(2/test.fanIn), math.Sqrt(float64(len(v)))
		mean, deviation, largest := moments(v)
		if math.Abs(mean) > chances*want/root || math.Abs(deviation-want) > chances*want/root {
			t.Errorf("%v: want mean 0 and deviation %.4g, got %.4g and %.4g", test.shape, want, mean, deviation)
		}
		if limit := cut * want * (1 + 1e-6); largest > limit || len(v) > 10000 && largest < 0.95*limit {
			t.Errorf("%v: want values within %.4g, got %.4g", test.shape, limit, largest)
		}
	}
}

// The share of values within one half, one and one and a half deviations of the
// normal before cutting, against the error function.
func TestRandomIsTruncatedNormal(t *testing.T) {
	v := values(t, weights.Random(3), "a/kernel", 512, 1024)
	sigma := math.Sqrt(2.0/512) / 0.87962566103423978
	for _, z := range []float64{0.01, 0.5, 1, 1.5, 1.99} {
		count := 0
		for _, x := range v {
			if math.Abs(float64(x)) < z*sigma {
				count++
			}
		}
		want, n := math.Erf(z/math.Sqrt2)/math.Erf(math.Sqrt2), float64(len(v))
		if got := float64(count) / n; math.Abs(got-want) > chances*math.Sqrt(want*(1-want)/n) {
			t.Errorf("within %v: want a share of %.5f, got %.5f", z, want, got)
		}
	}
}

func TestGlorotKernels(t *testing.T) {
	v := values(t, weights.Glorot(1), "predictions/kernel", 1000, 120)
	limit := math.Sqrt(6.0 / 1120)
	mean, deviation, largest := moments(v)
	want, root := limit/math.Sqrt(3), math.Sqrt(float64(len(v)))
	if math.Abs(mean) > chances*want/root || math.Abs(deviation-want) > chances*want/root || largest > limit || largest < 0.999*limit {
		t.Errorf("want 0, %.4g, %.4g, got %.4g, %.4g, %.4g", want, limit, mean, deviation, largest)
	}
}

func TestSourcesByKind(t *testing.T) {
	for name, want := range map[string]float32{
		"bn/gamma": 1, "bn/beta": 0, "bn/moving_mean": 0, "bn/moving_variance": 1, "dense/bias": 0,
	} {
		for _, source := range []weights.Source{weights.Random(1), weights.Glorot(1)} {
			if got := values(t, source, name, 3); !slices.Equal(got, []float32{want, want, want}) {
				t.Errorf("%s: want %v, got %v", name, want, got)
			}
		}
	}
	for _, test := range []struct {
		name  string
		shape []int
		want  string
	}{
		{"a/colour", []int{3}, "want a name that ends in kernel"},
		{"", []int{3}, "want a name that ends in kernel"},
		{"../kernel", []int{3, 3}, "want a name such as"},
		{"a/kernel", []int{3}, "at least 2 dimensions"},
		{"a/kernel", []int{0, 3}, "positive sizes"},
		{"a/bias", nil, "positive sizes"},
		{"a/kernel", []int{math.MaxInt, 3}, "too large"},
	} {
		for _, source := range []weights.Source{weights.Random(1), weights.Glorot(1), weights.ClosedForm("alpha", nil)} {
			_, err := source.Param(test.name, test.shape...)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "weights: "+test.name+": ") {
				t.Errorf("%q %v: want an error with %q, got %v", test.name, test.shape, test.want, err)
			}
		}
	}
	if _, err := (weights.Source{}).Param("a/bias", 3); err == nil {
		t.Error("zero Source: want an error")
	}
}

func TestSourcesAreDeterministic(t *testing.T) {
	shape := []int{3, 3, 100, 100} // more than one piece of work
	for _, source := range []func(seed uint64) weights.Source{weights.Random, weights.Glorot} {
		first := values(t, source(7), "a/kernel", shape...)
		if slices.Equal(first, values(t, source(8), "a/kernel", shape...)) {
			t.Error("two seeds, the same values")
		}
		if slices.Equal(first, values(t, source(7), "b/kernel", shape...)) {
			t.Error("two names, the same values")
		}
		same := source(7)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				d, err := same.Param("a/kernel", shape...)
				if err != nil {
					t.Error(err)
				} else if !slices.Equal(first, d.Data().([]float32)) {
					t.Error("the same name and seed, other values")
				}
			})
		}
		wait.Wait()
	}
}
