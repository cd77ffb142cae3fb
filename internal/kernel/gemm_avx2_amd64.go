//go:build !purego

package kernel

const (
	avx2Rows  = 6  // of a tile, at most
	avx2Cols  = 16 // of a tile, at most
	rowsACall = 96 // at most, for callWork
)

// multiplyAVX2 is product in tiles of up to 6×16.
func (p *product) multiplyAVX2() {
	flags, all := p.act.flags()
	if p.keep {
		flags |= keepFlag
	}
	for r0 := 0; r0 < p.rows; r0 += rowsACall {
		g := gemmAVX2{left: p.a, runs: p.runs, ldc: p.ldc, flags: flags, limit: p.act.Max, rows: min(rowsACall, p.rows-r0)}
		g.data = p.a.data[r0*p.a.ld:][:(g.rows-1)*p.a.ld+(p.runs-1)*p.a.step+p.a.run]
		for j := 0; j < p.cols; {
			left := p.cols - j
			c := p.c[r0*p.ldc+j:][:(g.rows-1)*p.ldc+min(left, panelWidth)]
			switch {
			case g.rows == 1 && left == panelWidth:
				g.tiles(c, p, j, panelWidth)
				j += panelWidth
			case left >= avx2Cols:
				g.tiles(c, p, j, avx2Cols)
				j += avx2Cols
			case left > vector:
				g.narrow(c, p, j, left, avx2Cols)
				j += left
			case left == vector:
				g.tiles(c, p, j, vector)
				j += vector
			default:
				g.narrow(c, p, j, left, vector)
				j += left
			}
		}
	}
	if !all {
		for r := range p.rows {
			p.act.apply(p.c[r*p.ldc:][:p.cols])
		}
	}
}

// gemmAVX2 is the part of a product that takes the same rows of A.
type gemmAVX2 struct {
	left
	runs, ldc   int
	rows, flags int
	limit       float32
}

// narrow computes fewer columns than a tile has, in a copy of c.
func (g gemmAVX2) narrow(c []float32, p *product, j, cols, width int) {
	var whole [rowsACall * avx2Cols]float32
	ldc := g.ldc
	if g.flags&keepFlag != 0 {
		for r := range g.rows {
			copy(whole[r*width:][:cols], c[r*ldc:])
		}
	}
	g.ldc = width
	g.tiles(whole[:], p, j, width)
	for r := range g.rows {
		copy(c[r*ldc:][:cols], whole[r*width:])
	}
}

// tiles computes the columns [j, j+width) of the panel. Tiles of less than four
// rows would wait for their own sums, so rows are spread evenly: 13 are 5+4+4.
func (g gemmAVX2) tiles(c []float32, p *product, j, width int) {
	b := p.b[j : (g.runs*g.run-1)*panelWidth+j+width]
	var bias *float32
	if p.bias != nil {
		bias = &p.bias[j]
	}
	n := blocks(g.rows, avx2Rows)
	rows, more := g.rows/n, g.rows%n
	if more > 0 {
		g.tile(width, rows+1, &c[0], &g.data[0], &b[0], bias, more)
	}
	r := more * (rows + 1)
	g.tile(width, rows, &c[r*g.ldc], &g.data[r*g.ld], &b[0], bias, n-more)
}

// tile computes n tiles of rows×width, one below the other.
func (g gemmAVX2) tile(width, rows int, c, a, b, bias *float32, n int) {
	switch width<<4 | rows {
	case 16<<4 | 6:
		gemm6x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 16<<4 | 5:
		gemm5x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 16<<4 | 4:
		gemm4x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 16<<4 | 3:
		gemm3x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 16<<4 | 2:
		gemm2x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 16<<4 | 1:
		gemm1x16(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 6:
		gemm6x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 5:
		gemm5x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 4:
		gemm4x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 3:
		gemm3x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 2:
		gemm2x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 8<<4 | 1:
		gemm1x8(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	case 32<<4 | 1:
		gemm1x32(c, a, b, bias, g.ldc, g.ld, g.run, g.runs, g.step-g.run, n, g.flags, g.limit)
	}
}

// gemmRxC adds run·runs products a·b to n tiles of R×C that lie one below the
// other and start from the flags' choice of zero or c, plus bias if it is not nil.
// Then it activates them. The rows of b are panelWidth apart; c and a have the
// strides ldc and lda, and gap values lie between the runs of a row of a.

//go:noescape
func gemm6x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm5x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm4x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm3x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm2x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm1x16(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm6x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm5x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm4x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm3x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm2x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm1x8(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)

//go:noescape
func gemm1x32(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)
