package head

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/nn"
)

// LogisticConfig says how Logistic fits. The zero value is right for most.
type LogisticConfig struct {
	// L2 is the factor of the penalty: the mean cross-entropy of the rows plus L2
	// times the sum of the squared kernel is made least. 0 means 1.7/rows, which
	// is C = 0.3 in scikit-learn's words (L2 = 1/(2·C·rows)), and 100/rows with a
	// Top (docs/heads.md has what others do).
	L2 float64
	// Top, where not nil, stands for zero: what counts for the penalty is how far
	// the kernel is from what FromTop begins with.
	Top *Top
	// Iterations of L-BFGS at most; 0 = 500.
	Iterations int
	// Tolerance is the largest derivative that counts as none; 0 = 1e-5.
	Tolerance float64
	Threads   int // cores to use; 0 = GOMAXPROCS
}

// Logistic fits a head of one dense layer to the rows of fit: multinomial logistic
// regression with an L2 penalty. The problem is convex, so that there is one right
// answer and neither a learning rate, a seed nor held-out rows are needed; it is
// found by L-BFGS. The same rows give the same bits, whatever the number of cores.
// After so many iterations as are allowed, the head that is best so far is
// returned. It is about as accurate as a head trained by the tutorial's recipe, and
// with a Top as one that began with FromTop (docs/heads.md).
func Logistic(ctx context.Context, fit *data.Features, c LogisticConfig) (*Head, error) {
	if fit == nil {
		return nil, errors.New("head: logistic: no features")
	}
	h, err := declare(Config{Inputs: fit.Width, Classes: fit.Classes})
	if err != nil {
		return nil, fmt.Errorf("head: logistic: %w", err)
	}
	if err := h.accepts(fit); err != nil {
		return nil, fmt.Errorf("%w (rows to fit)", err)
	}
	if err := severalClasses(fit); err != nil {
		return nil, err
	}
	if c.L2 == 0 {
		c.L2 = 1.7 / float64(fit.Len())
		if c.Top != nil {
			c.L2 = 100 / float64(fit.Len())
		}
	}
	if c.Iterations == 0 {
		c.Iterations = 500
	}
	if c.Tolerance == 0 {
		c.Tolerance = 1e-5
	}
	if !(c.L2 > 0 && c.Tolerance > 0) || c.Iterations < 0 || math.IsInf(c.L2, 0) {
		return nil, fmt.Errorf("head: logistic: L2 %v, tolerance %v, %d iterations: want numbers above 0", c.L2, c.Tolerance, c.Iterations)
	}
	team, err := kernel.NewTeam(kernel.TeamConfig{Threads: c.Threads})
	if err != nil {
		return nil, fmt.Errorf("head: logistic: %w", err)
	}
	defer team.Close()
	r := newRegression(fit, c.L2, team)
	if c.Top != nil {
		kernel, bias, _, err := c.Top.weights(fit.Width, fit.Classes)
		if err != nil {
			return nil, fmt.Errorf("head: logistic: %w", err)
		}
		r.startFrom(kernel, bias)
	}
	x, err := r.minimize(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("head: logistic: %w", err)
	}
	kernel, bias := r.weights(x)
	h.use(nn.Values{
		"predictions/kernel": tensor.New(tensor.WithShape(fit.Width, len(fit.Classes)), tensor.WithBacking(slices.Clone(kernel))),
		"predictions/bias":   tensor.New(tensor.WithShape(len(fit.Classes)), tensor.WithBacking(slices.Clone(bias))),
	})
	_, err = h.compiled()
	return h, err
}

// regression is the loss of a dense layer as a function of its weights
// x = [kernel, bias], the bias being that of centred features: with them L-BFGS
// needs fewer iterations. The bias has no penalty, so the minimum is the same.
type regression struct {
	fit     *data.Features
	l2      float64
	team    *kernel.Team
	layer   *kernel.TrainDense
	classes int
	means   []float64 // of the features, [width]
	start   []float64 // the penalty is on the kernel's distance from here

	at       []float64 // where loss and gradient were taken
	loss     float64
	gradient []float64

	kernel, bias   []float32 // of at
	x, out, change []float32 // of a batch, and its gradient of the kernel
	sums           []float64 // of the logits' gradients, [classes]
}

// regressionRows are taken at a time.
const regressionRows = 512

func newRegression(fit *data.Features, l2 float64, team *kernel.Team) *regression {
	d, k, n := fit.Width, len(fit.Classes), min(fit.Len(), regressionRows)
	r := &regression{
		fit: fit, l2: l2, team: team, layer: kernel.NewTrainDense(d, k), classes: k, means: make([]float64, d), start: make([]float64, d*k+k),
		gradient: make([]float64, d*k+k), kernel: make([]float32, d*k), bias: make([]float32, k),
		x: make([]float32, n*d), out: make([]float32, n*k), change: make([]float32, d*k), sums: make([]float64, k),
	}
	for i := range fit.Len() {
		for j, v := range fit.Row(i) {
			r.means[j] += float64(v)
		}
	}
	floats.Scale(1/float64(fit.Len()), r.means)
	return r
}

// startFrom has the fit start from a kernel and a bias of features as they are.
func (r *regression) startFrom(kernel, bias []float32) {
	for i, v := range kernel {
		r.start[i] = float64(v)
	}
	centred := r.start[len(kernel):]
	for i, v := range bias {
		centred[i] = float64(v)
	}
	for j, mean := range r.means {
		floats.AddScaled(centred, mean, r.start[j*r.classes:(j+1)*r.classes])
	}
}

// minimize returns the weights of the least loss.
func (r *regression) minimize(ctx context.Context, c LogisticConfig) ([]float64, error) {
	problem := optimize.Problem{
		Func: func(x []float64) float64 { r.move(x); return r.loss },
		Grad: func(g, x []float64) { r.move(x); copy(g, r.gradient) },
		Status: func() (optimize.Status, error) {
			if err := ctx.Err(); err != nil {
				return optimize.Failure, err
			}
			return optimize.NotTerminated, nil
		},
	}
	result, err := optimize.Minimize(problem, slices.Clone(r.start), &optimize.Settings{
		GradientThreshold: c.Tolerance,
		MajorIterations:   c.Iterations,
		Converger:         optimize.NeverTerminate{},
	}, &optimize.LBFGS{Store: 20})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if result == nil {
		return nil, err
	}
	// A line search that finds no better place has come to the rounding of
	// float32: an error of the search, not of the result.
	if math.IsNaN(result.F) || math.IsInf(result.F, 0) {
		return nil, fmt.Errorf("want a finite loss, got %v: are the features too large?", result.F)
	}
	return result.X, nil
}

// weights returns kernel and bias of the features as they are.
func (r *regression) weights(x []float64) (kernel, bias []float32) {
	k := r.classes
	shifted := slices.Clone(x[len(r.kernel):])
	for j, mean := range r.means {
		floats.AddScaled(shifted, -mean, x[j*k:(j+1)*k])
	}
	for i := range r.kernel {
		r.kernel[i] = float32(x[i])
	}
	for i, v := range shifted {
		r.bias[i] = float32(v)
	}
	return r.kernel, r.bias
}

// move takes loss and gradient at x.
func (r *regression) move(x []float64) {
	if slices.Equal(x, r.at) {
		return
	}
	r.at = append(r.at[:0], x...)
	d, k, n := r.fit.Width, r.classes, r.fit.Len()
	kernel, bias := r.weights(x)
	r.loss = 0
	clear(r.gradient)
	clear(r.sums)
	ofKernel, ofBias := r.gradient[:d*k], r.gradient[d*k:]
	for from := 0; from < n; from += regressionRows {
		to := min(from+regressionRows, n)
		in, out := r.x[:(to-from)*d], r.out[:(to-from)*k]
		for i := from; i < to; i++ {
			copy(in[(i-from)*d:], r.fit.Row(i))
		}
		r.layer.Forward(r.team, out, in, kernel, bias)
		r.loss += r.differ(out, r.fit.Labels[from:to])
		r.layer.WeightGradient(r.team, r.change, in, out)
		for i, v := range r.change {
			ofKernel[i] += float64(v)
		}
	}
	for j, mean := range r.means { // the gradient of centred features
		floats.AddScaled(ofKernel[j*k:(j+1)*k], -mean, r.sums)
	}
	copy(ofBias, r.sums)
	floats.Scale(1/float64(n), r.gradient)
	penalty := 0.0
	for i, start := range r.start[:d*k] {
		away := x[i] - start
		ofKernel[i] += 2 * r.l2 * away
		penalty += away * away
	}
	r.loss = r.loss/float64(n) + r.l2*penalty
}

// differ turns the logits of a batch into the gradients of their losses,
// probabilities minus targets, adds these to the sums and returns the loss.
func (r *regression) differ(logits []float32, labels []int) float64 {
	loss := 0.0
	for i, label := range labels {
		row := logits[i*r.classes : (i+1)*r.classes]
		for k, l := range logSoftmax(row) {
			p := math.Exp(l)
			if k == label {
				loss -= l
				p--
			}
			row[k] = float32(p)
			r.sums[k] += float64(row[k])
		}
	}
	return loss
}
