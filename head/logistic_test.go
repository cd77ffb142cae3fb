package head

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/data"
)

// slopes is the gradient of the penalised loss by a float64 loop: the largest
// derivative, and the loss. The penalty is on the distance from start, nil being
// zeros.
func slopes(h *Head, f *data.Features, l2 float64, start []float32) (largest, loss float64) {
	d, k := f.Width, len(f.Classes)
	w, b := h.weights()["predictions/kernel"].Float32s(), h.weights()["predictions/bias"].Float32s()
	g := make([]float64, d*k+k)
	for i := range f.Len() {
		z, sum := make([]float64, k), 0.0
		for c := range k {
			z[c] = float64(b[c])
			for j, x := range f.Row(i) {
				z[c] += float64(x) * float64(w[j*k+c])
			}
			sum += math.Exp(z[c])
		}
		for c := range k {
			p := math.Exp(z[c]) / sum
			if c == f.Labels[i] {
				loss -= math.Log(p) / float64(f.Len())
				p--
			}
			p /= float64(f.Len())
			for j, x := range f.Row(i) {
				g[j*k+c] += p * float64(x)
			}
			g[d*k+c] += p
		}
	}
	for i, v := range w {
		away := float64(v)
		if start != nil {
			away -= float64(start[i])
		}
		loss += l2 * away * away
		g[i] += 2 * l2 * away
	}
	for _, v := range g {
		largest = max(largest, math.Abs(v))
	}
	return largest, loss
}

// logisticSlope: the tolerance of the fit, and the gradient of the mean for
// features whose means are below 1, in float32.
const logisticSlope = 3e-5

func TestLogisticFindsTheOneMinimum(t *testing.T) {
	f := goldenFeatures("gt-public", "small")
	fit, held, err := f.SplitStratified(0.2, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, l2 := range []float64{1e-3, 1e-2, 1} {
		h, err := Logistic(context.Background(), fit, LogisticConfig{L2: l2})
		if err != nil {
			t.Fatal(err)
		}
		if slope, _ := slopes(h, fit, l2, nil); slope > logisticSlope {
			t.Errorf("L2 %v: want a gradient of at most %v, got %v", l2, logisticSlope, slope)
		}
		if _, err := h.Evaluate(context.Background(), held); err != nil {
			t.Error(err)
		}
	}
	h, err := Logistic(context.Background(), fit, LogisticConfig{}) // L2 = 1.7/rows
	if err != nil {
		t.Fatal(err)
	}
	if slope, _ := slopes(h, fit, 1.7/float64(fit.Len()), nil); slope > logisticSlope {
		t.Errorf("default: want a gradient of at most %v, got %v", logisticSlope, slope)
	}
	if e, err := h.Evaluate(context.Background(), held); err != nil || e.Accuracy < 0.5 { // a guess is right in a seventh
		t.Errorf("held-out rows: %+v, %v", e, err)
	}
}

func TestLogisticFromTop(t *testing.T) {
	fit := goldenFeatures("gt-public", "small")
	rng := rand.New(rand.NewPCG(1, 2))
	rows := fit.Width - 2
	top := Top{Kernel: make([]float32, rows*2), Bias: []float32{0.5, -1}, Classes: []string{"unknown", fit.Classes[1]}, Column: 1, Scale: 3}
	for i := range top.Kernel {
		top.Kernel[i] = float32(rng.NormFloat64())
	}
	began, _, err := FromTop(Config{Inputs: fit.Width, Classes: fit.Classes}, top)
	if err != nil {
		t.Fatal(err)
	}
	start := began.weights()["predictions/kernel"].Float32s()
	for _, l2 := range []float64{0, 1e-2, 1} {
		h, err := Logistic(t.Context(), fit, LogisticConfig{L2: l2, Top: &top})
		if err != nil {
			t.Fatal(err)
		}
		if l2 == 0 {
			l2 = 100 / float64(fit.Len()) // documented
		}
		if slope, _ := slopes(h, fit, l2, start); slope > logisticSlope {
			t.Errorf("L2 %v: want a gradient of at most %v, got %v", l2, logisticSlope, slope)
		}
	}
	h, err := Logistic(t.Context(), fit, LogisticConfig{L2: 1e9, Top: &top}) // nothing may move
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range h.weights()["predictions/kernel"].Float32s() {
		if math.Abs(float64(v-start[i])) > 1e-6 {
			t.Fatalf("value %d: want the top's %v, got %v", i, start[i], v)
		}
	}
}

func TestLogisticHasTheSameBitsOnAnyCores(t *testing.T) {
	fit := goldenFeatures("gt-public", "large") // more rows than one batch
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want *Head
	for _, cores := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(cores)
		h, err := Logistic(context.Background(), fit, LogisticConfig{Iterations: 2})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = h
		}
		if h.Fingerprint() != want.Fingerprint() {
			t.Errorf("%d cores: other bits than with one", cores)
		}
	}
}

func TestLogisticRefuses(t *testing.T) {
	good := goldenFeatures("gt-public", "noisy")
	one := *good
	one.Labels = make([]int, good.Len())
	bad := *good
	bad.X = slices.Clone(good.X)
	bad.X[41] = float32(math.NaN())
	for _, c := range []struct {
		fit    *data.Features
		config LogisticConfig
		want   string
	}{
		{nil, LogisticConfig{}, "no features"},
		{&one, LogisticConfig{}, "two classes"},
		{&bad, LogisticConfig{}, "row 2"},
		{good, LogisticConfig{L2: -1}, "L2 -1"},
		{good, LogisticConfig{L2: math.Inf(1)}, "L2 +Inf"},
		{good, LogisticConfig{Tolerance: math.NaN()}, "tolerance NaN"},
		{good, LogisticConfig{Threads: -1}, "threads"},
		{good, LogisticConfig{Top: &Top{}}, "top: want a kernel"},
	} {
		if _, err := Logistic(context.Background(), c.fit, c.config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Logistic(ctx, good, LogisticConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
