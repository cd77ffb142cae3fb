//go:build !purego

package kernel

const (
	avx512Rows      = 14             // of a tile, at most
	avx512RowsACall = 6 * avx512Rows // at most, for callWork
)

// tileAVX512 adds run·runs products a·b to tiles that lie one below the other and
// start from the flags' choice of zero or c, plus bias if it is not nil. Then it
// activates them. The rows of b are panelWidth apart; c and a have the strides
// ldc and lda, and gap values lie between the runs of a row of a. Only the columns
// of c whose bit is set in mask are read, and only they are written if the flags
// have partialFlag; b and bias have all.
type tileAVX512 func(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags, mask int, limit float32)

// multiplyAVX512 is product in tiles of up to 14×32, or 14×16 where the panel has no
// more columns.
func (p *product) multiplyAVX512() {
	flags, all := p.act.flags()
	if p.keep {
		flags |= keepFlag
	}
	if p.cols%wide != 0 {
		flags |= partialFlag
	}
	kernels, mask := &tilesAVX512[blocks(p.cols, wide)-1], 1<<p.cols-1
	a, b := p.a, p.b[:p.runs*p.a.run*panelWidth]
	var bias *float32
	if p.bias != nil {
		bias = &p.bias[0]
	}
	for r0 := 0; r0 < p.rows; r0 += avx512RowsACall {
		rows := min(avx512RowsACall, p.rows-r0)
		data := a.data[r0*a.ld:][:(rows-1)*a.ld+(p.runs-1)*a.step+a.run]
		c := p.c[r0*p.ldc:][:(rows-1)*p.ldc+p.cols]
		// Tiles of few rows would wait for their own sums: rows are spread evenly.
		tiles := blocks(rows, avx512Rows)
		least, more := rows/tiles, rows%tiles
		if more > 0 {
			kernels[least](&c[0], &data[0], &b[0], bias, p.ldc, a.ld, a.run, p.runs, a.step-a.run, more, flags, mask, p.act.Max)
		}
		r := more * (least + 1)
		kernels[least-1](&c[r*p.ldc], &data[r*a.ld], &b[0], bias, p.ldc, a.ld, a.run, p.runs, a.step-a.run, tiles-more, flags, mask, p.act.Max)
	}
	if !all {
		for r := range p.rows {
			p.act.apply(p.c[r*p.ldc:][:p.cols])
		}
	}
}
