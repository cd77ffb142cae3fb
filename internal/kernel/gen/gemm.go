package main

import "fmt"

const (
	rowBytes = 128 // of a packed panel
	unroll   = 4   // steps of the sum in a pass of the loop
)

// gemm is the matrix product for tiles of 1 to 6 rows and two vectors, or of one
// where a panel has few columns left, and of one row and a whole panel.
func gemm() string {
	f := newFile(avx2)
	for rows := 6; rows >= 1; rows-- {
		gemmTile(f, rows, 2)
	}
	for rows := 6; rows >= 1; rows-- {
		gemmTile(f, rows, 1)
	}
	gemmTile(f, 1, 4)
	return f.String()
}

// gemmTile multiplies tiles of rows×(8·vectors) that lie one below the other. The
// tile stays in registers while the sum runs.
func gemmTile(f *file, rows, vectors int) {
	f.function(fmt.Sprintf("gemm%dx%d(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags int, limit float32)", rows, 8*vectors), 92)
	f.op("MOVQ c+0(FP), DI")
	f.op("MOVQ a+8(FP), SI")
	f.op("MOVQ b+16(FP), DX")
	f.op("MOVQ ldc+32(FP), R9")
	f.op("MOVQ lda+40(FP), R8")
	f.op("MOVQ tiles+72(FP), R11")
	f.op("MOVQ flags+80(FP), R10")
	f.op("SHLQ $2, R8")
	f.op("SHLQ $2, R9")

	acc := func(r, v int) string { return fmt.Sprintf("Y%d", r*vectors+v) }
	var all []string
	each := func(do func(r, v int, y string)) {
		for r := range rows {
			for v := range vectors {
				do(r, v, acc(r, v))
			}
		}
	}
	each(func(_, _ int, y string) { all = append(all, y) })
	// row is the address of row r: rows 0 to 2 from one base, 3 to 5 from another.
	row := func(base [2]string, stride string, r, offset int) string {
		at := fmt.Sprintf("(%s)", base[r/3])
		if r%3 > 0 {
			at += fmt.Sprintf("(%s*%d)", stride, r%3)
		}
		if offset == 0 {
			return at
		}
		return fmt.Sprintf("%d%s", offset, at)
	}
	third := func(base, stride, to string) { // the address of row 3
		if rows > 3 {
			f.op("LEAQ (%[1]s)(%[1]s*2), %[2]s", stride, to)
			f.op("ADDQ %s, %s", base, to)
		}
	}
	c, a := [2]string{"DI", "BX"}, [2]string{"AX", "R13"}

	f.label("tile")
	third("DI", "R9", "BX")
	f.op("MOVQ bias+24(FP), CX")
	f.op("TESTQ $%d, R10", keep)
	f.op("JZ fresh")
	each(func(r, v int, y string) { f.op("VMOVUPS %s, %s", row(c, "R9", r, 32*v), y) })
	f.comment("The next tile's lines come while this one is computed.")
	f.op("LEAQ %s, R12", row(c, "R9", rows-1, 0))
	for range rows {
		f.op("ADDQ R9, R12")
		f.op("PREFETCHT0 (R12)")
	}
	f.op("TESTQ CX, CX")
	f.op("JZ started")
	each(func(_, v int, y string) { f.op("VADDPS %d(CX), %[2]s, %[2]s", 32*v, y) })
	f.op("JMP started")
	f.label("fresh")
	f.op("TESTQ CX, CX")
	f.op("JZ zero")
	each(func(_, v int, y string) { f.op("VMOVUPS %d(CX), %s", 32*v, y) })
	f.op("JMP started")
	f.label("zero")
	for _, y := range all {
		f.op("VXORPS %[1]s, %[1]s, %[1]s", y)
	}

	f.label("started")
	f.op("MOVQ SI, AX")
	third("SI", "R8", "R13")
	f.op("MOVQ DX, R12")
	f.op("MOVQ runs+56(FP), R14")
	step := func(u int) {
		weights := make([]string, vectors)
		for v := range weights {
			weights[v] = fmt.Sprintf("%d(R12)", rowBytes*u+32*v)
			if rows > 1 {
				y := fmt.Sprintf("Y%d", 12+v)
				f.op("VMOVUPS %s, %s", weights[v], y)
				weights[v] = y
			}
		}
		for r := range rows {
			x := fmt.Sprintf("Y%d", 14+r%2)
			f.op("VBROADCASTSS %s, %s", row(a, "R8", r, 4*u), x)
			for v := range vectors {
				f.op("VFMADD231PS %s, %s, %s", weights[v], x, acc(r, v))
			}
		}
	}
	advance := func(steps int) {
		f.op("ADDQ $%d, AX", 4*steps)
		if rows > 3 {
			f.op("ADDQ $%d, R13", 4*steps)
		}
		f.op("ADDQ $%d, R12", rowBytes*steps)
		f.op("DECQ CX")
	}
	f.label("run")
	f.op("MOVQ run+48(FP), CX")
	f.op("SHRQ $2, CX")
	f.op("JZ rest")
	f.label("loop")
	for u := range unroll {
		step(u)
	}
	advance(unroll)
	f.op("JNZ loop")
	f.label("rest")
	f.op("MOVQ run+48(FP), CX")
	f.op("ANDQ $%d, CX", unroll-1)
	f.op("JZ summed")
	f.label("single")
	step(0)
	advance(1)
	f.op("JNZ single")

	f.label("summed")
	f.op("DECQ R14")
	f.op("JZ done")
	f.op("MOVQ gap+64(FP), CX")
	f.op("LEAQ (AX)(CX*4), AX")
	if rows > 3 {
		f.op("LEAQ (R13)(CX*4), R13")
	}
	f.op("JMP run")

	f.label("done")
	f.activate(all, "R10", "limit+88(FP)", [3]string{"Y13", "Y14", "Y15"})
	each(func(r, v int, y string) { f.op("VMOVUPS %s, %s", y, row(c, "R9", r, 32*v)) })
	for range rows {
		f.op("ADDQ R9, DI")
		f.op("ADDQ R8, SI")
	}
	f.op("DECQ R11")
	f.op("JNZ tile")
	f.end()
}
