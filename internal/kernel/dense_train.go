package kernel

import "fmt"

// TrainDense computes a fully connected layer whose weights change from run to
// run, and its gradients. It packs what it multiplies by into memory of its own,
// so one goroutine at a time may use it. Weights have Keras's layout [in, out].
type TrainDense struct {
	in, out int
	packed  matrix      // what the last call multiplied by
	zeros   []float32   // in place of a bias
	columns [][]float32 // by worker: some columns of x as rows
}

// NewTrainDense returns a layer of in values to out values.
func NewTrainDense(in, out int) *TrainDense {
	if in < 1 || out < 1 {
		panic(fmt.Sprintf("kernel: train dense: want at least one value in and out, got %d and %d", in, out))
	}
	return &TrainDense{in: in, out: out}
}

// gradientColumns of x are turned at a time: with 128 rows, half of a first cache.
const gradientColumns = 48

// Forward computes y = x·w + bias for the rows x [n, in] and y [n, out], with the
// bits of [Dense]. Bias may be nil.
func (d *TrainDense) Forward(t *Team, y, x, w, bias []float32) {
	n := d.rows(x, y)
	checkWeights("train dense", w, d.in*d.out, bias, d.out)
	d.pack(t, d.in, d.out, w, d.out, bias)
	cut := tile(n, d.in, d.out)
	share(t, cut.rowBlocks*cut.parts, trainProduct{&d.packed, t.impl, y, x, n, cut}, trainProduct.block)
}

// InputGradient computes dx = dy·wᵀ for the rows dx [n, in] and dy [n, out].
func (d *TrainDense) InputGradient(t *Team, dx, dy, w []float32) {
	n := d.rows(dx, dy)
	checkWeights("train dense", w, d.in*d.out, nil, 0)
	d.packTransposed(t, d.out, d.in, w)
	cut := tile(n, d.out, d.in)
	share(t, cut.rowBlocks*cut.parts, trainProduct{&d.packed, t.impl, dx, dy, n, cut}, trainProduct.block)
}

// WeightGradient computes dw [in, out] = xᵀ·dy from the rows x [n, in] and
// dy [n, out], the sum over the rows from the first to the last.
func (d *TrainDense) WeightGradient(t *Team, dw, x, dy []float32) {
	n := d.rows(x, dy)
	checkWeights("train dense", dw, d.in*d.out, nil, 0)
	d.pack(t, n, d.out, dy, d.out, nil)
	if len(d.columns) < t.threads {
		d.columns = make([][]float32, t.threads)
	}
	for i, c := range d.columns {
		if len(c) < gradientColumns*n {
			d.columns[i] = alignedSlice(gradientColumns * n)
		}
	}
	share(t, blocks(d.in, gradientColumns), weightGradient{d, t.impl, dw, x, n}, weightGradient.block)
}

// BiasGradient computes db [out], the sum of the rows dy [n, out] from the first
// to the last.
func BiasGradient(db, dy []float32) {
	clear(db)
	for ; len(dy) >= len(db); dy = dy[len(db):] {
		for i, v := range dy[:len(db)] {
			db[i] += v
		}
	}
}

// rows returns how many rows of in and of out values there are.
func (d *TrainDense) rows(x, y []float32) int {
	n := len(x) / d.in
	if n < 1 || len(x) != n*d.in || len(y) != n*d.out {
		panic(fmt.Sprintf("kernel: train dense: want rows of %d and of %d values, got %d and %d values", d.in, d.out, len(x), len(y)))
	}
	return n
}

// resize makes d.packed a k×n matrix, in the memory that it has if that is enough.
func (d *TrainDense) resize(k, n int) {
	m, width := &d.packed, blocks(n, panelWidth)*panelWidth
	if cap(m.data) < k*width {
		m.data = alignedSlice(k * width)
	}
	if cap(d.zeros) < width {
		d.zeros = alignedSlice(width)
	}
	m.k, m.n, m.depth, m.data, m.bias = k, n, blockDepth, m.data[:k*width], d.zeros[:width]
}

// pack takes the row-major k×ld matrix w and the bias, or zeros for nil.
func (d *TrainDense) pack(t *Team, k, n int, w []float32, ld int, bias []float32) {
	d.resize(k, n)
	if bias != nil {
		clear(d.packed.bias[copy(d.packed.bias, bias):])
	} else {
		clear(d.packed.bias)
	}
	panels := blocks(n, panelWidth)
	share(t, blocks(k, packRows), packing{&d.packed, w, ld, panels}, packing.block)
}

// packTransposed takes the transpose of the row-major n×k matrix w.
func (d *TrainDense) packTransposed(t *Team, k, n int, w []float32) {
	d.resize(k, n)
	clear(d.packed.bias)
	share(t, blocks(n, panelWidth), packing{&d.packed, w, k, 0}, packing.transposed)
}

const packRows = 128 // that a call packs; a divisor of blockDepth

type packing struct {
	*matrix
	w      []float32
	ld     int
	panels int
}

// block packs packRows rows, which lie in one block of the matrix.
func (p packing) block(_, i int) {
	from, to := span(i, packRows, p.k)
	k0 := from - from%blockDepth
	for j := range p.panels {
		panel := p.panel(k0, j)
		c0, c1 := span(j, panelWidth, p.n)
		for r := from; r < to; r++ {
			row := panel[(r-k0)*panelWidth:][:panelWidth]
			clear(row[copy(row, p.w[r*p.ld+c0:r*p.ld+c1]):])
		}
	}
}

// transposed packs the columns of panel i, which are rows of w.
func (p packing) transposed(_, i int) {
	c0, c1 := span(i, panelWidth, p.n)
	for k0 := 0; k0 < p.k; k0 += blockDepth {
		panel := p.panel(k0, i)
		if c1-c0 < panelWidth {
			clear(panel)
		}
		for c := c0; c < c1; c++ {
			for r, v := range p.w[c*p.ld+k0 : c*p.ld+min(k0+blockDepth, p.k)] {
				panel[r*panelWidth+c-c0] = v
			}
		}
	}
}

// trainProduct is the product of n rows a with the packed matrix.
type trainProduct struct {
	m    *matrix
	impl Implementation
	c, a []float32
	n    int
	tiling
}

func (p trainProduct) block(_, i int) {
	r0, r1 := span(i%p.rowBlocks, p.rows, p.n)
	c0, c1 := span(i/p.rowBlocks, p.cols, p.m.n)
	p.m.multiply(p.impl, p.c[r0*p.m.n:], p.m.n, compact(p.a[r0*p.m.k:], p.m.k, p.m.k), r1-r0, c0, c1, Activation{})
}

// weightGradient is xᵀ times the packed dy.
type weightGradient struct {
	*TrainDense
	impl  Implementation
	dw, x []float32
	n     int
}

func (p weightGradient) block(worker, i int) {
	from, to := span(i, gradientColumns, p.in)
	a := p.columns[worker][:(to-from)*p.n]
	turn(a, p.x[from:], p.in, to-from, p.n)
	p.packed.multiply(p.impl, p.dw[from*p.out:], p.out, compact(a, p.n, p.n), to-from, 0, p.out, Activation{})
}

// turn writes the first cols columns of n rows x, ld apart, as rows of n values,
// four rows at a time.
func turn(dst, x []float32, ld, cols, n int) {
	r := 0
	for ; r+4 <= n; r += 4 {
		x0, x1, x2, x3 := x[r*ld:][:cols], x[(r+1)*ld:][:cols], x[(r+2)*ld:][:cols], x[(r+3)*ld:][:cols]
		for j, v := range x0 {
			d := dst[j*n+r:][:4]
			d[0], d[1], d[2], d[3] = v, x1[j], x2[j], x3[j]
		}
	}
	for ; r < n; r++ {
		for j, v := range x[r*ld:][:cols] {
			dst[j*n+r] = v
		}
	}
}
