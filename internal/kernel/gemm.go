package kernel

import "unsafe"

const (
	// panelWidth columns of a weight matrix are packed together: two or more
	// tiles of every instruction set, so that all of them read one layout.
	panelWidth = 32

	// blockDepth is how many rows of a weight matrix, at most, are multiplied
	// before the next rows' turn, so that a panel's part (64 kB) stays in the second
	// cache while the rows of a block pass by.
	blockDepth = 512

	packAlignment = 64 // bytes
)

// matrix is a k×n weight matrix with a bias per column, packed once.
//
// Its values lie in blocks of depth rows, a block in panels of panelWidth columns,
// a panel row by row:
//
//	[k/depth][n/panelWidth][depth][panelWidth]
//
// The last block has fewer rows when depth does not divide k; columns beyond n are
// zero.
type matrix struct {
	k, n  int
	depth int
	data  []float32
	bias  []float32 // one per column of the panels, zeros if there is none

	accumulate bool // products are added to what is there
}

// pack takes the columns [from, from+n) of the row-major k×ld matrix w and of
// bias, which may be nil.
func pack(k, n int, w []float32, ld, from int, bias []float32) matrix {
	return packBlocks(blockDepth, k, n, w, ld, from, bias)
}

// packBlocks is pack in blocks of depth rows.
func packBlocks(depth, k, n int, w []float32, ld, from int, bias []float32) matrix {
	panels := blocks(n, panelWidth)
	m := matrix{k: k, n: n, depth: depth,
		data: alignedSlice(k * panels * panelWidth),
		bias: alignedSlice(panels * panelWidth),
	}
	if bias != nil {
		copy(m.bias, bias[from:from+n])
	}
	for k0 := 0; k0 < k; k0 += depth {
		k1 := min(k0+depth, k)
		for p := range panels {
			panel := m.panel(k0, p)
			c0, c1 := span(p, panelWidth, n)
			for i := k0; i < k1; i++ {
				copy(panel[(i-k0)*panelWidth:], w[i*ld+from+c0:i*ld+from+c1])
			}
		}
	}
	return m
}

// alignedSlice returns n zeros that start at a multiple of packAlignment.
func alignedSlice(n int) []float32 {
	const size = 4
	s := make([]float32, n+packAlignment/size-1)
	past := int(uintptr(unsafe.Pointer(&s[0])) % packAlignment)
	at := (packAlignment - past) % packAlignment / size
	return s[at : at+n : at+n]
}

// panel returns panel p of the block of rows that starts at k0.
func (m *matrix) panel(k0, p int) []float32 {
	rows := min(m.depth, m.k-k0)
	at := k0*len(m.bias) + p*rows*panelWidth
	return m.data[at : at+rows*panelWidth]
}

// left is the left matrix A of a product. Row r starts at data[r*ld] and lies in
// runs of run values, the next one step after the one before: those of a compact
// matrix have one run.
type left struct {
	data          []float32
	ld, run, step int
}

// compact returns the matrix with rows of k values, ld apart.
func compact(data []float32, ld, k int) left { return left{data, ld, k, 0} }

// from returns the k columns of a from k0 on, as a left matrix and its number of
// runs. They are within a run, or whole runs.
func (a left) from(k0, k int) (part left, runs int) {
	data := a.data[k0/a.run*a.step+k0%a.run:]
	if k <= a.run {
		return left{data, a.ld, k, 0}, 1
	}
	return left{data, a.ld, a.run, a.step}, k / a.run
}

// depthOf returns how many rows the blocks of a matrix should have, so that each
// is multiplied by columns of a left matrix with such runs as left.from can return;
// 0 if there is no good number.
func depthOf(run int) int {
	if run <= blockDepth {
		return blockDepth / run * run
	}
	if parts := blocks(run, blockDepth); run%parts == 0 {
		return run / parts
	}
	return 0
}

// multiply computes rows×[c0, c1) of act(A·m + bias), or of act(c + bias + A·m)
// if m accumulates; c0 is a multiple of panelWidth. Row r of the result, counted
// from column 0 of the matrix, starts at c[r*ldc].
func (m *matrix) multiply(impl Implementation, c []float32, ldc int, a left, rows, c0, c1 int, act Activation) {
	for k0 := 0; k0 < m.k; k0 += m.depth {
		k := min(m.depth, m.k-k0)
		part, runs := a.from(k0, k)
		for col := c0; col < c1; col += panelWidth {
			p := product{
				c: c[col:], ldc: ldc, a: part, runs: runs,
				rows: rows, cols: min(panelWidth, c1-col),
				b: m.panel(k0, col/panelWidth), keep: k0 > 0 || m.accumulate,
			}
			if k0 == 0 {
				p.bias = (*[panelWidth]float32)(m.bias[col:])
			}
			if k0+k == m.k {
				p.act = act
			}
			p.multiply(impl)
		}
	}
}

// product is the product of some rows of A with a panel b:
//
//	c[r*ldc+j] = act((c[r*ldc+j] + bias[j]) + A[r, 0]*b[0*panelWidth+j] + A[r, 1]*b[1*panelWidth+j] + …)
//
// for r < rows and j < cols ≤ panelWidth, added in that order. A has as many runs
// as runs says.
type product struct {
	c    []float32
	ldc  int
	a    left
	runs int
	rows int
	cols int
	b    []float32
	bias *[panelWidth]float32 // nil: none
	keep bool                 // false: c starts from zero
	act  Activation
}

// tiling cuts the product of an m×k and a k×n matrix into blocks of rows and
// columns. It depends on the sizes alone, never on the number of threads.
type tiling struct {
	rows, cols       int // of a block
	rowBlocks, parts int // blocks along the rows and along the columns
}

const (
	mostWork    = 1 << 21 // multiply-adds wanted in a block: about half a millisecond of the plain Go tile
	leastWork   = 1 << 18
	wantBlocks  = 64      // as long as they are not smaller than leastWork: few are hard to share out evenly
	blockValues = 1 << 16 // of A in a block: 256 kB, half of a small second cache
	minRows     = 16      // that a panel is used for once it has been read
	minCols     = 32
	tileRows    = 6   // of a whole tile of AVX2; those with fewer are slower
	fewRows     = 128 // are one block if its columns can be shared, so that weights are read from far away once
	fewParts    = 16
)

func tile(m, k, n int) tiling {
	work := min(max(m*k*n/wantBlocks, leastWork), mostWork)
	rows := min(max(work/(k*n), minRows), max(blockValues/k, minRows))
	rows = min(roundUp(rows-tileRows/2, tileRows), m)
	if parts := blocks(n, minCols); m <= fewRows && (parts%2 == 0 || parts >= fewParts) {
		rows = m
	}
	cols := n
	if rows*k*n > 2*work {
		cols = max(work/(rows*k), minCols)
		cols = blocks(n, blocks(n, cols))
		cols = blocks(cols, minCols) * minCols
	}
	return tiling{rows: rows, cols: cols, rowBlocks: blocks(m, rows), parts: blocks(n, cols)}
}
