package op

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/tensor"
)

// sumTolerance bounds gradients that are sums of up to 70 products in float32,
// relative to max(1, |want|).
const sumTolerance = 3e-6

// slopes64 are the central differences of Σ r·f(x…) in float64 for every input.
func slopes64(f func(x [][]float64) []float64, r []float32, x []*tensor.Dense) [][]float32 {
	in := make([][]float64, len(x))
	for i, v := range x {
		for _, e := range v.Float32s() {
			in[i] = append(in[i], float64(e))
		}
	}
	value := func() float64 {
		sum := 0.0
		for i, y := range f(in) {
			sum += float64(r[i]) * y
		}
		return sum
	}
	const h = 1e-5
	slopes := make([][]float32, len(in))
	for i := range in {
		for j, at := range in[i] {
			in[i][j] = at + h
			up := value()
			in[i][j] = at - h
			down := value()
			in[i][j] = at
			slopes[i] = append(slopes[i], float32((up-down)/(2*h)))
		}
	}
	return slopes
}

func values64(f func(x [][]float64) []float64, x []*tensor.Dense) []float32 {
	in := make([][]float64, len(x))
	for i, v := range x {
		for _, e := range v.Float32s() {
			in[i] = append(in[i], float64(e))
		}
	}
	var out []float32
	for _, v := range f(in) {
		out = append(out, float32(v))
	}
	return out
}

func TestTrainDense(t *testing.T) {
	for _, c := range []struct{ batch, rows, in, out int }{{1, 1, 1, 1}, {5, 5, 7, 3}, {6, 4, 70, 33}, {35, 33, 20, 36}} {
		for _, bias := range []bool{true, false} {
			t.Run(fmt.Sprint(c, bias), func(t *testing.T) {
				x := []*tensor.Dense{dense(wave(c.batch*c.in, 1), c.batch, c.in), dense(wave(c.in*c.out, 0.5), c.in, c.out)}
				if bias {
					x = append(x, dense(wave(c.out, 2), 1, c.out))
				}
				f := func(x [][]float64) []float64 {
					y := make([]float64, c.rows*c.out)
					for r := range c.rows {
						for k := range c.out {
							if bias {
								y[r*c.out+k] = x[2][k]
							}
							for d := range c.in {
								y[r*c.out+k] += x[0][r*c.in+d] * x[1][d*c.out+k]
							}
						}
					}
					return y
				}
				r := make([]float32, c.batch*c.out)
				copy(r, wave(c.rows*c.out, 0.7))
				y, grads := gradientsOf(t, NewTrainDense(1, training(t, c.rows), c.in, c.out, bias), r, x...)
				near(t, "value", y[:c.rows*c.out], values64(f, x), sumTolerance)
				for i, want := range slopes64(f, r, x) {
					if i == 0 {
						grads[0], want = grads[0][:c.rows*c.in], want[:c.rows*c.in]
					}
					near(t, fmt.Sprint("gradient of input ", i), grads[i], want, sumTolerance)
				}
			})
		}
	}
}

func TestTrainNorm(t *testing.T) {
	const epsilon, momentum = 1e-3, 0.99
	for _, c := range []struct {
		batch, rows int
		inner       []int
	}{{5, 5, []int{3}}, {8, 5, []int{4}}, {3, 2, []int{2, 2, 3}}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			shape := append([]int{c.batch}, c.inner...)
			channels := c.inner[len(c.inner)-1]
			size := tensor.Shape(c.inner).TotalSize()
			x := []*tensor.Dense{dense(wave(c.batch*size, 3), shape...), dense(wave(channels, 2), 1, channels), dense(wave(channels, 0.5), 1, channels)}
			n := c.rows * size / channels
			moments := func(x []float64, ch int) (mean, variance float64) {
				for i := range n {
					mean += x[i*channels+ch] / float64(n)
				}
				for i := range n {
					variance += (x[i*channels+ch] - mean) * (x[i*channels+ch] - mean) / float64(n)
				}
				return mean, variance
			}
			f := func(x [][]float64) []float64 {
				y := make([]float64, c.rows*size)
				for ch := range channels {
					mean, variance := moments(x[0], ch)
					for i := range n {
						y[i*channels+ch] = x[1][ch]*(x[0][i*channels+ch]-mean)/math.Sqrt(variance+epsilon) + x[2][ch]
					}
				}
				return y
			}
			r := make([]float32, c.batch*size)
			copy(r, wave(c.rows*size, 0.7))
			movingMean, movingVariance := wave(channels, 1), []float32{1, 2, 3, 4}[:channels]
			frame := training(t, c.rows)
			op := NewTrainNorm(1, frame, len(shape), epsilon, momentum, movingMean, movingVariance)
			y, grads := gradientsOf(t, op, r, x...)
			near(t, "value", y[:c.rows*size], values64(f, x), sumTolerance)
			for i, want := range slopes64(f, r, x) {
				near(t, fmt.Sprint("gradient of input ", i), grads[i][:min(len(want), len(grads[i]))][:map[bool]int{true: c.rows * size, false: channels}[i == 0]],
					want[:map[bool]int{true: c.rows * size, false: channels}[i == 0]], sumTolerance)
			}

			op.Move()
			x64 := make([]float64, c.batch*size)
			for i, v := range x[0].Float32s() {
				x64[i] = float64(v)
			}
			for ch, was := range wave(channels, 1) {
				mean, variance := moments(x64, ch)
				near(t, "moving mean", movingMean[ch:ch+1], []float32{float32(float64(was)*momentum + mean*(1-momentum))}, elementTolerance)
				near(t, "moving variance", movingVariance[ch:ch+1], []float32{float32(float64(ch+1)*momentum + variance*(1-momentum))}, elementTolerance)
			}
			frame.Training = false
			out, err := op.Do(x[0], x[1], x[2])
			if err != nil {
				t.Fatal(err)
			}
			for i, got := range out.(*tensor.Dense).Float32s()[:c.rows*size] {
				ch := i % channels
				want := x[1].Float32s()[ch]*(x[0].Float32s()[i]-movingMean[ch])/float32(math.Sqrt(float64(movingVariance[ch])+epsilon)) + x[2].Float32s()[ch]
				near(t, "outside training", []float32{got}, []float32{want}, sumTolerance)
			}
		})
	}
}

func TestTrainAddAndConcat(t *testing.T) {
	const batch, rows = 4, 3
	x := []*tensor.Dense{dense(wave(batch*5, 1), batch, 5), dense(wave(batch*5, 2), batch, 5), dense(wave(batch*5, 3), batch, 5)}
	add := func(x [][]float64) []float64 {
		y := make([]float64, rows*5)
		for i := range y {
			y[i] = x[0][i] + x[1][i] + x[2][i]
		}
		return y
	}
	r := make([]float32, batch*5)
	copy(r, wave(rows*5, 0.7))
	y, grads := gradientsOf(t, NewTrainAdd(1, training(t, rows), 3), r, x...)
	near(t, "sum", y[:rows*5], values64(add, x), elementTolerance)
	for i, want := range slopes64(add, r, x) {
		near(t, "gradient of the sum", grads[i][:rows*5], want[:rows*5], slopeTolerance)
	}

	x[1] = dense(wave(batch*2, 2), batch, 2)
	x = x[:2]
	join := func(x [][]float64) []float64 {
		var y []float64
		for i := range rows {
			y = append(append(y, x[0][i*5:i*5+5]...), x[1][i*2:i*2+2]...)
		}
		return y
	}
	r = make([]float32, batch*7)
	copy(r, wave(rows*7, 0.7))
	y, grads = gradientsOf(t, NewTrainConcat(1, training(t, rows), 2, 2), r, x...)
	near(t, "joined", y[:rows*7], values64(join, x), 0)
	for i, want := range slopes64(join, r, x) {
		width := len(want) / batch
		near(t, "gradient of the joined", grads[i][:rows*width], want[:rows*width], slopeTolerance)
	}
}

func TestTrainReshape(t *testing.T) {
	const batch, rows = 4, 3
	x := dense(wave(batch*6, 1), batch, 2, 3)
	r := make([]float32, batch*6)
	copy(r, wave(rows*6, 0.7))
	y, grads := gradientsOf(t, NewTrainReshape(1, training(t, rows), 3, batch, 6), r, x)
	near(t, "values", y[:rows*6], x.Float32s()[:rows*6], 0)
	near(t, "gradient", grads[0][:rows*6], r[:rows*6], 0) // that of Σ r·x

	o := NewTrainReshape(1, training(t, rows), 3, batch, 6)
	for _, bad := range [][]int{{batch, 6}, {batch, 2, 4}, {batch + 1, 2, 3}} {
		if _, err := o.Do(dense(make([]float32, tensor.Shape(bad).TotalSize()), bad...)); err == nil {
			t.Errorf("shape %v: want an error", bad)
		}
	}
}
