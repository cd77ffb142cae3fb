package nn

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/layer"
)

// drawn are parameters drawn by name: kernels of unit gain, variances above 0.
type drawn struct{}

func (drawn) Param(name string, shape ...int) (*tensor.Dense, error) {
	h := fnv.New64a()
	h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	t := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	fanIn := 1
	for _, d := range shape[:len(shape)-1] {
		fanIn *= d
	}
	for i := range t.Float32s() {
		v := rng.NormFloat64()
		if len(shape) > 1 {
			v /= math.Sqrt(float64(fanIn))
		}
		if suffix := "moving_variance"; len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix {
			v = 0.1 + math.Abs(v)
		}
		t.Float32s()[i] = float32(v)
	}
	return t, nil
}

// value is a float64 map [H, W, C] of one photo; vectors are [1, 1, D].
type value struct {
	h, w, c int
	data    []float64
}

func (v value) at(y, x, c int) float64 { return v.data[(y*v.w+x)*v.c+c] }

func newValue(shape []int) value {
	v := value{1, 1, shape[len(shape)-1], nil}
	if len(shape) == 3 {
		v.h, v.w = shape[0], shape[1]
	}
	v.data = make([]float64, v.h*v.w*v.c)
	return v
}

// evaluate computes a layer's output by plain loops in float64, straight from
// Keras's definitions.
func evaluate(t testing.TB, l *layer.Layer, input value, done map[*layer.Layer]value) value {
	t.Helper()
	if v, ok := done[l]; ok {
		return v
	}
	in := make([]value, len(l.In))
	for i, p := range l.In {
		in[i] = evaluate(t, p, input, done)
	}
	weights := make([][]float32, len(l.Weights))
	for i, w := range l.Weights {
		p, err := drawn{}.Param(w.Name, w.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		weights[i] = p.Float32s()
	}
	out := newValue(l.Shape)
	each := func(f func(y, x, c int) float64) {
		for y := range out.h {
			for x := range out.w {
				for c := range out.c {
					out.data[(y*out.w+x)*out.c+c] = f(y, x, c)
				}
			}
		}
	}
	switch op := l.Op.(type) {
	case layer.Input:
		out = input
	case layer.Conv2D:
		each(func(y, x, c int) float64 { return convolve(op, in[0], weights, y, x, c, out.c) })
		activate(out, op.Activation)
	case layer.DepthwiseConv2D:
		as := layer.Conv2D{Window: op.Window, Groups: in[0].c, Bias: op.Bias}
		// HWCM with one channel a group is HWIO with I = 1.
		each(func(y, x, c int) float64 { return convolve(as, in[0], weights, y, x, c, out.c) })
		activate(out, op.Activation)
	case layer.Dense:
		each(func(_, _, o int) float64 {
			sum := 0.0
			if !op.NoBias {
				sum = float64(weights[1][o])
			}
			for i, v := range in[0].data {
				sum += v * float64(weights[0][i*out.c+o])
			}
			return sum
		})
		activate(out, op.Activation)
	case layer.BatchNormalization:
		each(func(y, x, c int) float64 {
			gamma, beta, mean, variance := float64(weights[0][c]), float64(weights[1][c]), float64(weights[2][c]), float64(weights[3][c])
			return (in[0].at(y, x, c)-mean)*gamma/math.Sqrt(variance+op.Epsilon) + beta
		})
	case layer.Activate:
		copy(out.data, in[0].data)
		activate(out, op.Activation)
	case layer.MaxPooling2D:
		each(func(y, x, c int) float64 { return pool(op.Window, in[0], y, x, c, true) })
	case layer.AveragePooling2D:
		each(func(y, x, c int) float64 { return pool(op.Window, in[0], y, x, c, false) })
	case layer.GlobalMaxPooling2D, layer.GlobalAveragePooling2D:
		_, isMax := op.(layer.GlobalMaxPooling2D)
		whole := layer.Window{Size: [2]int{in[0].h, in[0].w}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		each(func(_, _, c int) float64 { return pool(whole, in[0], 0, 0, c, isMax) })
	case layer.ZeroPadding2D:
		each(func(y, x, c int) float64 {
			y, x = y-op.Pad[0], x-op.Pad[2]
			if y < 0 || y >= in[0].h || x < 0 || x >= in[0].w {
				return 0
			}
			return in[0].at(y, x, c)
		})
	case layer.Add:
		for _, v := range in {
			for i := range out.data {
				out.data[i] += v.data[i]
			}
		}
	case layer.Multiply:
		each(func(y, x, c int) float64 { return in[0].at(y, x, c) * in[1].at(y%in[1].h, x%in[1].w, c) })
	case layer.Concatenate:
		from := 0
		for _, v := range in {
			for p := range out.h * out.w {
				copy(out.data[p*out.c+from:], v.data[p*v.c:(p+1)*v.c])
			}
			from += v.c
		}
	case layer.Flatten, layer.Dropout:
		copy(out.data, in[0].data)
	default:
		t.Fatalf("no reference for %s", l.Op.Class())
	}
	done[l] = out
	return out
}

func convolve(op layer.Conv2D, in value, weights [][]float32, y, x, o, filters int) float64 {
	sum := 0.0
	if op.Bias {
		sum = float64(weights[1][o])
	}
	pad := op.Padding(in.h, in.w)
	channels := in.c / op.Groups
	first := o / (filters / op.Groups) * channels
	for ky := range op.Size[0] {
		for kx := range op.Size[1] {
			iy := y*op.Stride[0] + ky*op.Dilation[0] - pad[0]
			ix := x*op.Stride[1] + kx*op.Dilation[1] - pad[2]
			if iy < 0 || iy >= in.h || ix < 0 || ix >= in.w {
				continue
			}
			for c := range channels {
				w := weights[0][((ky*op.Size[1]+kx)*channels+c)*filters+o]
				sum += in.at(iy, ix, first+c) * float64(w)
			}
		}
	}
	return sum
}

func pool(g layer.Window, in value, y, x, c int, isMax bool) float64 {
	pad := g.Padding(in.h, in.w)
	largest, sum, n := math.Inf(-1), 0.0, 0.0
	for ky := range g.Size[0] {
		for kx := range g.Size[1] {
			iy, ix := y*g.Stride[0]+ky-pad[0], x*g.Stride[1]+kx-pad[2]
			if iy < 0 || iy >= in.h || ix < 0 || ix >= in.w {
				continue
			}
			largest = math.Max(largest, in.at(iy, ix, c))
			sum += in.at(iy, ix, c)
			n++
		}
	}
	if isMax {
		return largest
	}
	return sum / n
}

func activate(v value, a layer.Activation) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for i, x := range v.data {
		switch a.Function {
		case layer.ReLU:
			v.data[i] = math.Max(x, 0)
			if a.Max > 0 {
				v.data[i] = math.Min(v.data[i], float64(a.Max))
			}
		case layer.Sigmoid:
			v.data[i] = sigmoid(x)
		case layer.Swish:
			v.data[i] = x * sigmoid(x)
		}
	}
	if a.Function != layer.Softmax {
		return
	}
	for p := 0; p < len(v.data); p += v.c {
		sum := 0.0
		for _, x := range v.data[p : p+v.c] {
			sum += math.Exp(x)
		}
		for i := p; i < p+v.c; i++ {
			v.data[i] = math.Exp(v.data[i]) / sum
		}
	}
}

// batchOf draws a batch and returns it in both precisions.
func batchOf(n int, shape []int, seed uint64) (*tensor.Dense, []value) {
	rng := rand.New(rand.NewPCG(seed, 2))
	batch := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(append([]int{n}, shape...)...))
	values := make([]value, n)
	for i := range values {
		values[i] = newValue(shape)
		for j := range values[i].data {
			v := float32(rng.NormFloat64())
			values[i].data[j] = float64(v)
			batch.Float32s()[i*len(values[i].data)+j] = v
		}
	}
	return batch, values
}

func name(format string, args ...any) string { return fmt.Sprintf(format, args...) }
