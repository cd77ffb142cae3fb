package weights

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"runtime"
	"sync"

	"gorgonia.org/tensor"
)

// Source computes parameters from their names and shapes. The same name and
// shape always give the same values, whatever was asked before; it is safe for
// concurrent use. Make one with [Random], [Glorot] or [ClosedForm].
type Source struct {
	// rule returns the function that fills a run of values, dst[0] being element
	// first of the flat tensor.
	rule func(name string, kind kind, shape []int) func(dst []float32, first int)
}

// Param computes the parameter of that name and shape. The last element of the
// name says what it is: kernel (also depthwise_kernel and pointwise_kernel),
// bias, gamma, beta, moving_mean or moving_variance; another one is an error.
func (s Source) Param(name string, shape ...int) (*tensor.Dense, error) {
	if s.rule == nil {
		return nil, fmt.Errorf("weights: %s: the zero Source has no values, use weights.Random", name)
	}
	kind, ok := kinds[path.Base(name)]
	if !ok {
		return nil, fmt.Errorf("weights: %s: want a name that ends in kernel, bias, gamma, beta, moving_mean or moving_variance", name)
	}
	err := cmp.Or(checkName(name), checkShape(shape))
	if err == nil && kind.kernel() && len(shape) < 2 {
		err = fmt.Errorf("want a kernel of at least 2 dimensions, got %v", shape)
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", name, err)
	}
	values := make([]float32, product(shape))
	inChunks(values, s.rule(name, kind, shape))
	return dense(values, shape), nil
}

type kind uint8

const (
	kernel kind = iota
	depthwiseKernel
	bias
	gamma
	beta
	movingMean
	movingVariance
)

var kinds = map[string]kind{
	"kernel":           kernel,
	"pointwise_kernel": kernel,
	"depthwise_kernel": depthwiseKernel,
	"bias":             bias,
	"gamma":            gamma,
	"beta":             beta,
	"moving_mean":      movingMean,
	"moving_variance":  movingVariance,
}

func (k kind) kernel() bool { return k == kernel || k == depthwiseKernel }

// identity is the value at which batch normalization, and a bias, do nothing.
func (k kind) identity() float32 {
	if k == gamma || k == movingVariance {
		return 1
	}
	return 0
}

// depthwise reports whether a kernel convolves each channel by itself. In a
// DepthwiseConv2D it is called plain kernel, and known by its shape.
func depthwise(k kind, shape []int) bool {
	return k == depthwiseKernel || k == kernel && len(shape) == 4 && shape[3] == 1 && shape[2] > 1 && shape[0]*shape[1] > 1
}

// fanIn is the number of values that make one output.
func fanIn(k kind, shape []int) int {
	if depthwise(k, shape) {
		return shape[0] * shape[1]
	}
	return product(shape[:len(shape)-1])
}

func product(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// inChunks fills values by all cores, each element depending on its index alone.
func inChunks(values []float32, fill func(dst []float32, first int)) {
	const chunk = 1 << 16
	if len(values) <= chunk {
		fill(values, 0)
		return
	}
	var wait sync.WaitGroup
	limit := make(chan struct{}, runtime.GOMAXPROCS(0))
	for first := 0; first < len(values); first += chunk {
		part := values[first:min(first+chunk, len(values))]
		limit <- struct{}{}
		wait.Go(func() {
			fill(part, first)
			<-limit
		})
	}
	wait.Wait()
}

// fnv1a64 is the FNV-1a hash of text.
func fnv1a64(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return h
}

// splitMix64 is output i of the SplitMix64 generator that starts at seed.
func splitMix64(seed uint64, i int) uint64 {
	z := seed + (uint64(i)+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// signedUnit is the number of -1 <= s < 1 that the upper 24 bits of output i
// make; it is exact.
func signedUnit(seed uint64, i int) float64 {
	return float64(int64(splitMix64(seed, i)>>40)-1<<23) / (1 << 23)
}

// constant fills with one value.
func constant(v float32) func([]float32, int) {
	return func(dst []float32, _ int) {
		for i := range dst {
			dst[i] = v
		}
	}
}

// uniform fills with values of [-limit, limit).
func uniform(seed uint64, limit float64) func([]float32, int) {
	return func(dst []float32, first int) {
		for i := range dst {
			dst[i] = float32(signedUnit(seed, first+i) * limit)
		}
	}
}

// truncatedNormal fills with values of a normal distribution cut at two standard
// deviations; deviation is that of what is left.
func truncatedNormal(seed uint64, deviation float64) func([]float32, int) {
	const shrink = 0.87962566103423978 // deviation of a unit normal cut at ±2
	scale := deviation / shrink
	q := quantiles()
	return func(dst []float32, first int) {
		for i := range dst {
			k := splitMix64(seed, first+i) >> 40
			j, rest := k>>12, float64(k&(1<<12-1))/(1<<12)
			// The conversion forbids a fused multiply-add: all machines agree.
			dst[i] = float32(scale * (q[j] + float64(rest*(q[j+1]-q[j]))))
		}
	}
}

// quantiles is the inverse distribution of a unit normal cut at ±2, on an even
// grid between 0 and 1; straight lines between miss it by less than 1e-5.
var quantiles = sync.OnceValue(func() *[1<<12 + 1]float64 {
	var q [1<<12 + 1]float64
	reach := math.Erf(math.Sqrt2) // share of the normal within ±2
	for i := range q {
		q[i] = math.Sqrt2 * math.Erfinv((float64(i)/(1<<11)-1)*reach)
	}
	return &q
})
