package op

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

const (
	// elementTolerance is two roundings of a float32, relative to max(1, |want|).
	elementTolerance = 2.4e-7
	// slopeTolerance bounds central differences in float64 with step 1e-5: their
	// own error is below 1e-9, the rest is the rounding of the float32 slope.
	slopeTolerance = 1e-6
)

// wave fills n values between -size and size that have no symmetry.
func wave(n int, size float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(size * math.Sin(float64(i)*1.7+0.3))
	}
	return v
}

func dense(v []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(append([]float32(nil), v...)))
}

// training is a frame for batches of n rows.
func training(t testing.TB, n int) *TrainFrame {
	t.Helper()
	team, err := kernel.NewTeam(kernel.TeamConfig{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(team.Close)
	return &TrainFrame{Team: team, Rows: n, Training: true}
}

// gradientOf runs Σ r·op(x) and its gradient with respect to x in a gorgonia graph.
func gradientOf(t *testing.T, op G.Op, x, r []float32, shape ...int) (y, dx []float32) {
	t.Helper()
	y, grads := gradientsOf(t, op, r, dense(x, shape...))
	return y, grads[0]
}

// gradientsOf runs Σ r·op(x…) and its gradients with respect to every input. r has
// the batch of the output; rows beyond the real ones must be zero in it.
func gradientsOf(t *testing.T, op G.Op, r []float32, x ...*tensor.Dense) (y []float32, grads [][]float32) {
	t.Helper()
	g := G.NewGraph()
	in := make(G.Nodes, len(x))
	for i, v := range x {
		in[i] = G.NewTensor(g, tensor.Float32, v.Dims(), G.WithShape(v.Shape()...), G.WithName(fmt.Sprint("x", i)))
	}
	yn := G.Must(G.ApplyOp(op, in...))
	rn := G.NewTensor(g, tensor.Float32, yn.Dims(), G.WithShape(yn.Shape()...), G.WithName("r"))
	loss := G.Must(G.Sum(G.Must(G.HadamardProd(yn, rn))))
	nodes, err := G.Grad(loss, in...)
	if err != nil {
		t.Fatal(err)
	}
	m := G.NewTapeMachine(g)
	defer m.Close()
	for range 2 { // the second run must not see the buffers of the first
		for i, v := range x {
			if err := G.Let(in[i], v); err != nil {
				t.Fatal(err)
			}
		}
		if err := G.Let(rn, dense(r, yn.Shape()...)); err != nil {
			t.Fatal(err)
		}
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		y, grads = append([]float32(nil), yn.Value().(*tensor.Dense).Float32s()...), nil
		for _, n := range nodes {
			grads = append(grads, append([]float32(nil), n.Value().(*tensor.Dense).Float32s()...))
		}
		m.Reset()
	}
	return y, grads
}

func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: want %d values, got %d", what, len(want), len(got))
	}
	for i := range want {
		w := float64(want[i])
		if d := math.Abs(float64(got[i]) - w); !(d <= tolerance*math.Max(1, math.Abs(w))) {
			t.Fatalf("%s: element %d: want %v, got %v", what, i, want[i], got[i])
		}
	}
}

func TestTrainActivations(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	cases := []struct {
		name string
		op   func(*TrainFrame) *TrainActivation
		f    func(float64) float64
	}{
		{"relu", func(f *TrainFrame) *TrainActivation { return NewTrainReLU(1, f, 0) }, func(x float64) float64 { return math.Max(0, x) }},
		{"relu6", func(f *TrainFrame) *TrainActivation { return NewTrainReLU(2, f, 6) }, func(x float64) float64 { return math.Min(6, math.Max(0, x)) }},
		{"sigmoid", func(f *TrainFrame) *TrainActivation { return NewTrainSigmoid(3, f) }, sigmoid},
		{"swish", func(f *TrainFrame) *TrainActivation { return NewTrainSwish(4, f) }, func(x float64) float64 { return x * sigmoid(x) }},
	}
	for _, c := range cases {
		for _, shape := range [][]int{{3, 5}, {1, 7}, {2, 3, 2, 3}} {
			t.Run(fmt.Sprint(c.name, shape), func(t *testing.T) {
				n := tensor.Shape(shape).TotalSize()
				x, r := wave(n, 9), wave(n, 0.7)
				y, dx := gradientOf(t, c.op(training(t, shape[0])), x, r, shape...)
				wantY, wantDx := make([]float32, n), make([]float32, n)
				for i := range x {
					v := float64(x[i])
					wantY[i] = float32(c.f(v))
					wantDx[i] = r[i] * float32((c.f(v+1e-5)-c.f(v-1e-5))/2e-5)
				}
				near(t, "value", y, wantY, elementTolerance)
				near(t, "gradient", dx, wantDx, slopeTolerance)
			})
		}
	}
}

func TestTrainReLUAtItsBounds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	y, dx := gradientOf(t, NewTrainReLU(1, training(t, 1), 6), []float32{0, 6, -inf, inf, nan, 3}, []float32{1, 1, 1, 1, 1, 1}, 1, 6)
	if y[0] != 0 || y[1] != 6 || y[2] != 0 || y[3] != 6 || y[4] == y[4] || y[5] != 3 {
		t.Errorf("relu6: got %v", y)
	}
	for i, want := range []float32{0, 0, 0, 0, 0, 1} {
		if dx[i] != want {
			t.Errorf("slope at %v: want %v, got %v", i, want, dx[i])
		}
	}
}

func TestTrainDropout(t *testing.T) {
	const rows, width, rate = 64, 50, 0.7
	frame := training(t, rows)
	frame.Step = 3
	op, err := NewTrainDropout(1, frame, rate, 42, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, r := wave(rows*width, 2), wave(rows*width, 1)
	for i := range x {
		x[i] += 3 // never zero
	}
	y, dx := gradientOf(t, op, x, r, rows, width)
	scale, kept := float32(1/(1-rate)), 0
	for i := range x {
		k := float32(0)
		if y[i] != 0 {
			k = scale
			kept++
		}
		if y[i] != x[i]*k || dx[i] != r[i]*k {
			t.Fatalf("element %d: x %v, gradient %v: want both times %v, got %v and %v", i, x[i], r[i], k, y[i], dx[i])
		}
	}
	// Five standard deviations of a binomial count.
	if n := float64(rows * width); math.Abs(float64(kept)-0.3*n) > 5*math.Sqrt(n*0.3*0.7) {
		t.Errorf("kept %d of %v at rate %v", kept, n, rate)
	}

	ones := make([]float32, 51)
	for i := range ones {
		ones[i] = 1
	}
	mask := func(seed, step uint64, row, n int) string {
		kept := make([]float32, n)
		drop(kept, ones[:n], rate, 1, rowSeed(seed, step, row))
		return fmt.Sprint(kept)
	}
	if first, again := mask(42, 3, 0, 50), mask(42, 3, 0, 50); first != again {
		t.Error("the same seed, step and row drew two masks")
	}
	if m := mask(42, 3, 0, 50); mask(42, 4, 0, 50) == m || mask(43, 3, 0, 50) == m || mask(42, 3, 1, 50) == m {
		t.Error("another step, seed or row drew the same mask")
	}
	if short := strings.TrimSuffix(mask(42, 3, 0, 25), "]"); !strings.HasPrefix(mask(42, 3, 0, 51), short) {
		t.Error("the mask of an odd width is another one")
	}
}

func TestTrainDropoutRates(t *testing.T) {
	for _, rate := range []float64{-0.1, 1, 2, math.NaN(), math.Inf(1)} {
		if _, err := NewTrainDropout(1, training(t, 1), rate, 0, nil); err == nil {
			t.Errorf("rate %v: want an error", rate)
		}
	}
	op, err := NewTrainDropout(1, training(t, 3), 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := wave(12, 1)
	y, dx := gradientOf(t, op, x, x, 3, 4)
	near(t, "rate 0", y, x, 0)
	near(t, "gradient at rate 0", dx, x, 0)
}

func TestTrainDropoutSuppliedMask(t *testing.T) {
	frame := training(t, 2)
	frame.Step = 7
	op, err := NewTrainDropout(1, frame, 0.5, 0, func(step uint64, row int, keep []bool) {
		for i := range keep {
			keep[i] = step == 7 && (2*row+i)%3 == 0
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	y, _ := gradientOf(t, op, []float32{1, 2, 3, 4}, wave(4, 1), 2, 2)
	near(t, "masked", y, []float32{2, 0, 0, 8}, 0)
	frame.Training = false
	out, err := op.Do(dense([]float32{1, 2, 3, 4}, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "outside training", out.(*tensor.Dense).Float32s(), []float32{1, 2, 3, 4}, 0)
}

// crossEntropy64 is the weighted loss in float64.
func crossEntropy64(z []float64, t, w []float32, k int) float64 {
	loss := 0.0
	for i := range w {
		if w[i] == 0 {
			continue
		}
		row := z[i*k : (i+1)*k]
		m := row[0]
		for _, v := range row {
			m = math.Max(m, v)
		}
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(v - m)
		}
		for j, v := range row {
			loss -= float64(w[i]) * float64(t[i*k+j]) * (v - m - math.Log(sum))
		}
	}
	return loss
}

func runLoss(t *testing.T, z, y, w []float32, k int) (loss float32, grad []float32) {
	t.Helper()
	b := len(w)
	g := G.NewGraph()
	zn := G.NewMatrix(g, tensor.Float32, G.WithShape(b, k), G.WithName("z"))
	yn := G.NewMatrix(g, tensor.Float32, G.WithShape(b, k), G.WithName("y"))
	wn := G.NewVector(g, tensor.Float32, G.WithShape(b), G.WithName("w"))
	ln, err := G.ApplyOp(NewTrainCrossEntropy(1, training(t, b)), zn, yn, wn)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := G.Grad(ln, zn)
	if err != nil {
		t.Fatal(err)
	}
	m := G.NewTapeMachine(g)
	defer m.Close()
	for n, v := range map[*G.Node]*tensor.Dense{zn: dense(z, b, k), yn: dense(y, b, k), wn: dense(w, b)} {
		if err := G.Let(n, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	return ln.Value().Data().(float32), append([]float32(nil), grads[0].Value().(*tensor.Dense).Float32s()...)
}

func TestTrainCrossEntropy(t *testing.T) {
	const b, k = 5, 7
	z, w := wave(b*k, 3), []float32{0.25, 0.25, 0.25, 0.25, 0}
	y := make([]float32, b*k)
	for i := range b - 1 {
		y[i*k+i%k] = 1
	}
	y[0], y[1] = 0.75, 0.5 // a soft target that does not sum to one
	for j := range k {     // a padding row may hold anything
		z[(b-1)*k+j] = float32(math.NaN())
	}
	loss, grad := runLoss(t, z, y, w, k)

	z64 := make([]float64, len(z))
	for i, v := range z {
		z64[i] = float64(v)
	}
	near(t, "loss", []float32{loss}, []float32{float32(crossEntropy64(z64, y, w, k))}, elementTolerance)
	for i := range z {
		v := z64[i]
		z64[i] = v + 1e-5
		up := crossEntropy64(z64, y, w, k)
		z64[i] = v - 1e-5
		down := crossEntropy64(z64, y, w, k)
		z64[i] = v
		near(t, fmt.Sprint("gradient ", i), []float32{grad[i]}, []float32{float32((up - down) / 2e-5)}, slopeTolerance)
	}
}

func TestTrainCrossEntropySaturated(t *testing.T) {
	loss, grad := runLoss(t, []float32{1000, 0, -1e30}, []float32{0, 1, 0}, []float32{1}, 3)
	if loss != 1000 {
		t.Errorf("loss: want 1000, got %v", loss)
	}
	near(t, "gradient", grad, []float32{1, -1, 0}, 0)
}

func TestTrainOpErrors(t *testing.T) {
	frame := training(t, 2)
	drop, err := NewTrainDropout(9, frame, 0.5, 0, func(uint64, int, []bool) { panic("no mask today") })
	if err != nil {
		t.Fatal(err)
	}
	x := dense(wave(6, 1), 2, 3)
	turned := dense(wave(6, 1), 3, 2)
	if err := turned.T(); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		op   G.Op
		in   []G.Value
		want string
	}{
		{"panic", drop, []G.Value{x}, "no mask today"},
		{"count", drop, []G.Value{x, x}, "want 1 inputs, got 2"},
		{"scalar", NewTrainSwish(1, frame), []G.Value{G.NewF32(1)}, "want a dense tensor"},
		{"float64", NewTrainSwish(1, frame), []G.Value{tensor.New(tensor.WithShape(2), tensor.Of(tensor.Float64))}, "want float32, got float64"},
		{"transposed", NewTrainSwish(1, frame), []G.Value{turned}, "want contiguous rows"},
		{"rows", NewTrainSwish(1, training(t, 3)), []G.Value{x}, "want 1 to 2 rows, got 3"},
		{"loss shapes", NewTrainCrossEntropy(1, frame), []G.Value{x, x, x}, "want logits [B, K]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.op.Do(c.in...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

func TestTrainOpsStayDistinct(t *testing.T) {
	frame := training(t, 2)
	a, _ := NewTrainDropout(1, frame, 0.5, 7, nil)
	b, _ := NewTrainDropout(2, frame, 0.5, 7, nil)
	c, _ := NewTrainDropout(1, frame, 0.25, 7, nil)
	one := []float32{1}
	ops := []G.Op{a, b, c, NewTrainReLU(1, frame, 0), NewTrainReLU(1, frame, 6), NewTrainReLU(2, frame, 0), NewTrainSigmoid(1, frame),
		NewTrainSwish(1, frame), NewTrainCrossEntropy(1, frame), NewTrainDense(1, frame, 3, 2, true), NewTrainDense(2, frame, 3, 2, true),
		NewTrainNorm(1, frame, 2, 1e-3, 0.99, one, one), NewTrainNorm(2, frame, 2, 1e-3, 0.99, one, one), NewTrainAdd(1, frame, 2), NewTrainAdd(2, frame, 2),
		NewTrainConcat(1, frame, 2, 2), NewTrainConcat(2, frame, 2, 2), NewTrainReshape(1, frame, 3, 2, 6), NewTrainReshape(2, frame, 3, 2, 6)}
	seen := map[uint32]G.Op{}
	for _, op := range ops {
		if other := seen[op.Hashcode()]; other != nil {
			t.Errorf("%v and %v have one hash", op, other)
		}
		seen[op.Hashcode()] = op
	}

	g := G.NewGraph()
	x := G.NewMatrix(g, tensor.Float32, G.WithShape(2, 3), G.WithName("x"))
	if p, q := G.Must(G.ApplyOp(a, x)), G.Must(G.ApplyOp(b, x)); p == q {
		t.Error("two dropouts on one input became one node")
	}
}
