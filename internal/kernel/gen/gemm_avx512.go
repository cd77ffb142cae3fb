package main

import (
	"fmt"
	"strings"
)

const (
	mostRows = 14 // of a tile: 28 sums, two vectors of weights and two of inputs are all 32 registers
	passes   = 2  // steps of the sum in a pass of the loop
)

// gemm512 is the matrix product for tiles of 1 to 14 rows and a panel's two
// vectors, or one where a panel has few columns left.
func gemm512() string {
	f := newFile(avx512)
	for _, vectors := range []int{2, 1} {
		for rows := mostRows; rows >= 1; rows-- {
			gemm512Tile(f, rows, vectors)
		}
	}
	return f.String()
}

const gemm512Arguments = "(c, a, b, bias *float32, ldc, lda, run, runs, gap, tiles, flags, mask int, limit float32)"

func gemm512Name(rows, vectors int) string { return fmt.Sprintf("gemm%dx%d", rows, 16*vectors) }

// gemm512Table is the Go file with the declarations and a table of the functions.
func gemm512Table() string {
	var f strings.Builder
	f.WriteString(generated + constraint + "package kernel\n")
	f.WriteString("\n// tilesAVX512 has the kernel for tiles of v vectors and r rows at [v-1][r-1].\n")
	f.WriteString("var tilesAVX512 = [2][avx512Rows]tileAVX512{\n")
	for vectors := 1; vectors <= 2; vectors++ {
		f.WriteString("\t{\n")
		for rows := 1; rows <= mostRows; rows++ {
			f.WriteString("\t\t" + gemm512Name(rows, vectors) + avx512.suffix + ",\n")
		}
		f.WriteString("\t},\n")
	}
	f.WriteString("}\n")
	for vectors := 1; vectors <= 2; vectors++ {
		for rows := 1; rows <= mostRows; rows++ {
			fmt.Fprintf(&f, "\n//go:noescape\nfunc %s%s%s\n", gemm512Name(rows, vectors), avx512.suffix, gemm512Arguments)
		}
	}
	return f.String()
}

// gemm512Tile multiplies tiles of rows×(16·vectors) that lie one below the other.
// The tile stays in registers while the sum runs. Inputs are loaded to a register
// for all vectors: a multiply-add that broadcasts them from memory needs a load each
// time.
//
// DI and SI are the tile in c and a, R9 and R8 the distances of their rows, R10 and
// R11 three and five times R8; AX and BX are rows 0 and 7 of a and R12 the weights
// while the sum runs, R13 goes down the rows of c. K1 and K2 are the columns of
// c that there are.
func gemm512Tile(f *file, rows, vectors int) {
	f.function(gemm512Name(rows, vectors)+gemm512Arguments, 100)
	f.op("MOVQ c+0(FP), DI")
	f.op("MOVQ a+8(FP), SI")
	f.op("MOVQ b+16(FP), DX")
	f.op("MOVQ ldc+32(FP), R9")
	f.op("MOVQ lda+40(FP), R8")
	f.op("MOVQ tiles+72(FP), R15")
	f.op("MOVQ mask+88(FP), CX")
	f.op("SHLQ $2, R8")
	f.op("SHLQ $2, R9")
	f.op("LEAQ (R8)(R8*2), R10")
	f.op("LEAQ (R8)(R8*4), R11")
	f.op("KMOVW CX, K1")
	f.op("SHRQ $16, CX")
	f.op("KMOVW CX, K2")

	sum := func(r, v int) string { return fmt.Sprintf("V%d", r*vectors+v) }
	var all []string
	for r := range rows {
		for v := range vectors {
			all = append(all, sum(r, v))
		}
	}
	// down runs do for each vector of c, row by row.
	down := func(do func(at string, v int, sum string)) {
		f.op("MOVQ DI, R13")
		for r := range rows {
			for v := range vectors {
				do(fmt.Sprintf("%d(R13)", 64*v), v, sum(r, v))
			}
			f.op("ADDQ R9, R13")
		}
	}

	f.label("tile")
	f.op("MOVQ bias+24(FP), CX")
	f.op("TESTQ $%d, flags+80(FP)", keep)
	f.op("JZ fresh")
	down(func(at string, v int, sum string) { f.op("VMOVUPS.Z %s, K%d, %s", at, 1+v, sum) })
	f.comment("The next tile's lines come while this one is computed.")
	for range rows {
		for v := range vectors {
			f.op("PREFETCHT0 %d(R13)", 64*v)
		}
		f.op("ADDQ R9, R13")
	}
	f.op("TESTQ CX, CX")
	f.op("JZ started")
	for i, sum := range all {
		f.op("VADDPS %d(CX), %[2]s, %[2]s", 64*(i%vectors), sum)
	}
	f.op("JMP started")
	f.label("fresh")
	f.op("TESTQ CX, CX")
	f.op("JZ zero")
	for i, sum := range all {
		f.op("VMOVUPS %d(CX), %s", 64*(i%vectors), sum)
	}
	f.op("JMP started")
	f.label("zero")
	for _, sum := range all {
		f.op("VXORPS %[1]s, %[1]s, %[1]s", sum)
	}

	f.label("started")
	f.op("MOVQ SI, AX")
	high := rows > mostRows/2 // rows from 7 on
	if high {
		f.op("LEAQ (R10)(R8*4), BX")
		f.op("ADDQ SI, BX")
	}
	f.op("MOVQ DX, R12")
	f.op("MOVQ runs+56(FP), R14")
	// row is the address of value u of row r of a.
	row := func(r, u int) string {
		base := "AX"
		if r >= mostRows/2 {
			base, r = "BX", r-mostRows/2
		}
		index := [mostRows / 2]string{"", "(R8*1)", "(R8*2)", "(R10*1)", "(R8*4)", "(R11*1)", "(R10*2)"}
		return fmt.Sprintf("%d(%s)%s", 4*u, base, index[r])
	}
	step := func(u int) {
		for v := range vectors {
			f.op("VMOVUPS %d(R12), V%d", rowBytes*u+64*v, 28+v)
		}
		for r := range rows {
			x := fmt.Sprintf("V%d", 30+r%2)
			f.op("VBROADCASTSS %s, %s", row(r, u), x)
			for v := range vectors {
				f.op("VFMADD231PS V%d, %s, %s", 28+v, x, sum(r, v))
			}
		}
	}
	advance := func(steps int) {
		f.op("ADDQ $%d, AX", 4*steps)
		if high {
			f.op("ADDQ $%d, BX", 4*steps)
		}
		f.op("ADDQ $%d, R12", rowBytes*steps)
	}
	f.label("run")
	f.op("MOVQ run+48(FP), CX")
	f.op("SUBQ $%d, CX", passes)
	f.op("JLT rest")
	f.label("loop")
	for u := range passes {
		step(u)
	}
	advance(passes)
	f.op("SUBQ $%d, CX", passes)
	f.op("JGE loop")
	f.label("rest")
	f.op("ADDQ $%d, CX", passes)
	f.op("JZ summed")
	f.label("single")
	step(0)
	advance(1)
	f.op("DECQ CX")
	f.op("JNZ single")

	f.label("summed")
	f.op("DECQ R14")
	f.op("JZ done")
	f.op("MOVQ gap+64(FP), CX")
	f.op("LEAQ (AX)(CX*4), AX")
	if high {
		f.op("LEAQ (BX)(CX*4), BX")
	}
	f.op("JMP run")

	f.label("done")
	f.op("MOVQ flags+80(FP), CX")
	f.activate(all, "CX", "limit+96(FP)", [3]string{"V28", "V29", "V30"})
	f.op("TESTQ $%d, CX", partial)
	f.op("JNZ partial")
	down(func(at string, _ int, sum string) { f.op("VMOVUPS %s, %s", sum, at) })
	f.op("JMP stored")
	f.label("partial")
	down(func(at string, v int, sum string) { f.op("VMOVUPS %s, K%d, %s", sum, 1+v, at) })
	f.label("stored")
	f.op("MOVQ R13, DI")
	f.op("IMUL3Q $%d, R8, CX", rows)
	f.op("ADDQ CX, SI")
	f.op("DECQ R15")
	f.op("JNZ tile")
	f.end()
}
