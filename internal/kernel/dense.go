package kernel

import "fmt"

// Dense is a fully connected layer with its activation: act(x·weights + bias).
// It is immutable and may be run by several goroutines at once.
type Dense struct {
	weights matrix
	act     Activation
}

// NewDense packs a layer of in values to out values. Weights have Keras's layout
// [in, out]; bias has out values or is nil. Neither is kept.
func NewDense(in, out int, weights, bias []float32, act Activation) *Dense {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: dense: want at least one value in and out, got %d and %d", in, out))
	}
	checkWeights("dense", weights, in*out, bias, out)
	return &Dense{weights: pack(in, out, weights, out, 0, bias), act: act}
}

// Run computes dst [n, out] from src [n, in], n ≥ 1. They must not overlap. The
// bits of a row do not depend on n.
func (d *Dense) Run(t *Team, dst, src []float32) {
	m := &d.weights
	n := len(src) / m.k
	if n < 1 || len(src) != n*m.k || len(dst) != n*m.n {
		panic(fmt.Sprintf("kernel: dense: want rows of %d values for rows of %d, got %d values for %d", m.n, m.k, len(dst), len(src)))
	}
	cut := tile(n, m.k, m.n)
	share(t, cut.rowBlocks*cut.parts, dense{d, t.impl, dst, src, n, cut}, dense.block)
}

// dense is one run of a Dense.
type dense struct {
	*Dense
	impl     Implementation
	dst, src []float32
	n        int
	tiling
}

func (p dense) block(_, i int) {
	r0, r1 := span(i%p.rowBlocks, p.rows, p.n)
	c0, c1 := span(i/p.rowBlocks, p.cols, p.weights.n)
	p.weights.multiply(p.impl, p.dst[r0*p.weights.n:], p.weights.n, compact(p.src[r0*p.weights.k:], p.weights.k, p.weights.k), r1-r0, c0, c1, p.act)
}
