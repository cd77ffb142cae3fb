package main

import (
	"fmt"
	"math"
)

// The points of F(4, 3), as in the kernel package's winograd_transform.go.
const (
	pointA  = 5.0 / 8
	pointB  = 3.0 / 2
	squareA = pointA * pointA
	squareB = pointB * pointB
)

// winograd is the transforms of Winograd convolutions, a vector of channels of a
// tile in a pass. A transform goes down the columns and then along the rows, for so
// few rows at a time that nothing of them leaves the registers; columns are read
// again for the next rows.
func winograd(set isa) string {
	f := newFile(set)
	f.constant("pointA", pointA)
	f.constant("pointB", pointB)
	f.constant("squareA", squareA)
	f.constant("squareB", squareB)
	f.constant("cubeA", squareA*pointA)
	f.constant("cubeB", squareB*pointB)
	f.constant("sum", squareA+squareB)
	f.constant("product", squareA*squareB)
	winogradInput4(f)
	winogradInput2(f)
	winogradOutput4(f)
	winogradOutput2(f)
	return f.String()
}

// constant defines a vector of one value.
func (f *file) constant(name string, value float64) {
	f.WriteString("\n")
	for i := range f.bytes / 4 {
		fmt.Fprintf(f, "DATA %s+%d(SB)/4, $0x%08x\n", symbol(name), 4*i, math.Float32bits(float32(value)))
	}
	fmt.Fprintf(f, "GLOBL %s(SB), RODATA|NOPTR, $%d\n", symbol(name), f.bytes)
}

func symbol(name string) string { return "·" + name + "<>" }

func vec(i int) string { return fmt.Sprintf("V%d", i) }

// load moves a constant to a register.
func (f *file) load(name, y string) { f.op("VMOVUPS %s(SB), %s", symbol(name), y) }

// times writes dst = x·constant.
func (f *file) times(name, x, dst string) { f.op("VMULPS %s(SB), %s, %s", symbol(name), x, dst) }

// add writes dst = x+y, y a register or memory; sub writes dst = x-y.
func (f *file) add(x, y, dst string) { f.op("VADDPS %s, %s, %s", y, x, dst) }
func (f *file) sub(x, y, dst string) { f.op("VSUBPS %s, %s, %s", y, x, dst) }

// inputArguments begins an input transform: DI is v, SI the tile's first pixel, R8
// a line, R9 a step and R10 a point in bytes, R11 and R12 three lines and points,
// CX the vectors.
func inputArguments(f *file, name string) {
	f.function(name+"(v, src *float32, point, line, step, vectors int)", 48)
	f.op("MOVQ v+0(FP), DI")
	f.op("MOVQ src+8(FP), SI")
	f.op("MOVQ point+16(FP), R10")
	f.op("MOVQ line+24(FP), R8")
	f.op("MOVQ step+32(FP), R9")
	f.op("MOVQ vectors+40(FP), CX")
	for _, r := range []string{"R8", "R9", "R10"} {
		f.op("SHLQ $2, %s", r)
	}
	f.op("LEAQ (R8)(R8*2), R11")
	f.op("LEAQ (R10)(R10*2), R12")
	f.label("vector")
}

// pixel is the address of row y of the column at AX, whose row 3 is at BX.
func pixel(y int) string { return strided([2]string{"AX", "BX"}, "R8", y) }

// strided is the address of element i of those that lie stride bytes apart, the
// fourth at base[1].
func strided(base [2]string, stride string, i int) string {
	if i%3 == 0 {
		return fmt.Sprintf("(%s)", base[i/3])
	}
	return fmt.Sprintf("(%s)(%s*%d)", base[i/3], stride, i%3)
}

// columns runs do for each column of pixels.
func columns(f *file, n int, do func(x int)) {
	f.op("MOVQ SI, AX")
	f.op("LEAQ (SI)(R11*1), BX")
	for x := range n {
		do(x)
		if x < n-1 {
			f.op("ADDQ R9, AX")
			f.op("ADDQ R9, BX")
		}
	}
}

// storePoints writes a row of points from DX on and moves DX to the next row.
func storePoints(f *file, points []string) {
	f.op("LEAQ (DX)(R12*1), R13")
	for x, y := range points {
		f.op("VMOVUPS %s, %s", y, strided([2]string{"DX", "R13"}, "R10", x))
	}
	if len(points) == 6 {
		f.op("LEAQ (R13)(R12*1), DX")
	} else {
		f.op("LEAQ (R13)(R10*1), DX")
	}
}

// inputEnd moves on by a vector.
func inputEnd(f *file) {
	f.op("ADDQ $%d, SI", f.bytes)
	f.op("ADDQ $%d, DI", f.bytes)
	f.op("DECQ CX")
	f.op("JNZ vector")
	f.end()
}

// winogradInput4 is Bᵀ·d·B of F(4×4, 3×3).
func winogradInput4(f *file) {
	inputArguments(f, "winogradInput4")
	// Rows 1 and 2, then 3 and 4: the points ±a and ±b.
	for _, p := range []struct{ point, otherSquare string }{{"pointA", "squareB"}, {"pointB", "squareA"}} {
		f.comment("Rows of ±" + p.point)
		f.load(p.otherSquare, "V12")
		f.load(p.point, "V13")
		columns(f, 6, func(x int) {
			plus, minus := vec(x), vec(6+x)
			f.op("VMOVUPS %s, %s", pixel(3), minus)
			f.op("VMOVUPS %s, %s", pixel(4), plus)
			f.op("VFNMADD231PS %s, V12, %s", pixel(1), minus)
			f.op("VFNMADD231PS %s, V12, %s", pixel(2), plus)
			f.op("VMULPS %s, V13, V14", minus)
			f.sub(plus, "V14", minus)
			f.add(plus, "V14", plus)
		})
		if p.point == "pointA" {
			f.op("LEAQ (DI)(R12*2), DX")
		}
		f.load("squareA", "V14")
		f.load("squareB", "V15")
		inputRow4(f, 0)
		inputRow4(f, 6)
	}
	f.comment("Rows of 0 and infinity")
	f.load("sum", "V12")
	f.load("product", "V13")
	columns(f, 6, func(x int) {
		zero, infinity := vec(x), vec(6+x)
		f.op("VMOVUPS %s, %s", pixel(4), zero)
		f.op("VMOVUPS %s, %s", pixel(5), infinity)
		f.op("VFNMADD231PS %s, V12, %s", pixel(2), zero)
		f.op("VFNMADD231PS %s, V12, %s", pixel(3), infinity)
		f.op("VFMADD231PS %s, V13, %s", pixel(0), zero)
		f.op("VFMADD231PS %s, V13, %s", pixel(1), infinity)
	})
	f.op("MOVQ DX, R14")
	f.op("MOVQ DI, DX")
	f.load("squareA", "V14")
	f.load("squareB", "V15")
	inputRow4(f, 0)
	f.op("MOVQ R14, DX")
	inputRow4(f, 6)
	inputEnd(f)
}

// inputRow4 multiplies the six registers from first on by B and stores them. V14
// and V15 are the squares of a and b.
func inputRow4(f *file, first int) {
	d := func(i int) string { return vec(first + i) }
	f.op("VFNMADD213PS %s, V14, %s", d(2), d(0)) // d2 - a²·d0
	f.op("VMOVAPS %s, V12", d(4))
	f.op("VMOVAPS %s, V13", d(3))
	f.op("VFNMADD231PS %s, V14, V12", d(2))      // even part of ±b: d4 - a²·d2
	f.op("VFNMADD231PS %s, V14, V13", d(1))      // odd part of ±b: d3 - a²·d1
	f.op("VFNMADD231PS %s, V15, %s", d(2), d(4)) // even part of ±a
	f.op("VFNMADD213PS %s, V15, %s", d(3), d(1)) // odd part of ±a
	f.op("VFNMADD231PS %s, V14, %s", d(3), d(5)) // d5 - a²·d3
	f.times("pointA", d(1), d(1))
	f.op("VFNMADD213PS V12, V15, %s", d(0))
	f.op("VFNMADD231PS V13, V15, %s", d(5))
	f.times("pointB", "V13", "V13")
	f.add(d(4), d(1), d(2))
	f.sub(d(4), d(1), d(3))
	f.add("V12", "V13", d(1))
	f.sub("V12", "V13", d(4))
	storePoints(f, []string{d(0), d(2), d(3), d(1), d(4), d(5)})
}

// winogradInput2 is Bᵀ·d·B of F(2×2, 3×3).
func winogradInput2(f *file) {
	inputArguments(f, "winogradInput2")
	row := func(first int) {
		d := func(i int) string { return vec(first + i) }
		f.sub(d(2), d(0), "V8")
		f.add(d(2), d(1), "V9")
		f.sub(d(2), d(1), "V10")
		f.sub(d(3), d(1), "V11")
		storePoints(f, []string{"V8", "V9", "V10", "V11"})
	}
	f.comment("Rows of 0 and infinity")
	columns(f, 4, func(x int) {
		f.op("VMOVUPS %s, %s", pixel(2), vec(x))
		f.op("VMOVUPS %s, %s", pixel(3), vec(4+x))
		f.sub(vec(x), pixel(0), vec(x))
		f.sub(vec(4+x), pixel(1), vec(4+x))
	})
	f.op("MOVQ DI, DX")
	row(0)
	f.op("LEAQ (DX)(R10*8), R14")
	f.op("XCHGQ DX, R14")
	row(4)
	f.op("MOVQ R14, DX")
	f.comment("Rows of ±1")
	columns(f, 4, func(x int) {
		f.op("VMOVUPS %s, V12", pixel(2))
		f.op("VMOVUPS %s, V13", pixel(1))
		f.add("V12", "V13", vec(x))
		f.sub("V12", "V13", vec(4+x))
	})
	row(0)
	row(4)
	inputEnd(f)
}

// outputArguments begins an output transform: DI is the tile's first pixel of
// dst, R8 a line and R9 a step in bytes; SI is m, R10 a point in bytes and R12 a
// row of points; DX is the bias, R11 the flags, CX the vectors.
func outputArguments(f *file, name string, size int) {
	f.function(name+"(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)", 68)
	f.op("MOVQ dst+0(FP), DI")
	f.op("MOVQ m+8(FP), SI")
	f.op("MOVQ bias+16(FP), DX")
	f.op("MOVQ line+24(FP), R8")
	f.op("MOVQ step+32(FP), R9")
	f.op("MOVQ point+40(FP), R10")
	f.op("MOVQ vectors+48(FP), CX")
	f.op("MOVQ flags+56(FP), R11")
	for _, r := range []string{"R8", "R9", "R10"} {
		f.op("SHLQ $2, %s", r)
	}
	f.op("IMUL3Q $%d, R10, R12", size)
	f.label("vector")
}

// pointColumns runs do for each column of points; at gives their addresses.
func pointColumns(f *file, n int, do func(x int, at func(y int) string)) {
	f.op("MOVQ SI, AX")
	f.op("LEAQ (R12)(R12*2), BX")
	f.op("ADDQ SI, BX")
	for x := range n {
		do(x, func(y int) string { return strided([2]string{"AX", "BX"}, "R12", y) })
		if x < n-1 {
			f.op("ADDQ R10, AX")
			f.op("ADDQ R10, BX")
		}
	}
}

// storePixels finishes row y of the tile and writes it from base on; scratch are two
// registers.
func storePixels(f *file, y int, base string, pixels []string, scratch [2]string) {
	at := func(x int) string { return strided([2]string{base, "R13"}, "R9", x) }
	if len(pixels) > 3 {
		f.op("LEAQ (R9)(R9*2), R13")
		f.op("ADDQ %s, R13", base)
	}
	f.op("VMOVUPS (DX), %s", scratch[0])
	for _, p := range pixels {
		f.add(p, scratch[0], p)
	}
	label := func(name string) string { return fmt.Sprintf("%s%d", name, y) }
	f.op("TESTQ $%d, R11", keep)
	f.op("JZ %s", label("fresh"))
	for x, p := range pixels {
		f.add(p, at(x), p)
	}
	f.label(label("fresh"))
	f.op("TESTQ $%d, R11", rectify)
	f.op("JZ %s", label("activated"))
	f.op("VXORPS %[1]s, %[1]s, %[1]s", scratch[0])
	for _, p := range pixels {
		f.op("VMAXPS %[2]s, %[1]s, %[2]s", scratch[0], p)
	}
	f.op("TESTQ $%d, R11", clip)
	f.op("JZ %s", label("activated"))
	f.op("VBROADCASTSS limit+64(FP), %s", scratch[0])
	for _, p := range pixels {
		f.op("VMINPS %[2]s, %[1]s, %[2]s", scratch[0], p)
	}
	f.label(label("activated"))
	for x, p := range pixels {
		f.op("VMOVUPS %s, %s", p, at(x))
	}
}

// outputEnd moves on by a vector.
func outputEnd(f *file) {
	f.op("ADDQ $%d, SI", f.bytes)
	f.op("ADDQ $%d, DI", f.bytes)
	f.op("ADDQ $%d, DX", f.bytes)
	f.op("DECQ CX")
	f.op("JNZ vector")
	f.end()
}

// winogradOutput4 is act(Aᵀ·m·A + bias) of F(4×4, 3×3).
func winogradOutput4(f *file) {
	outputArguments(f, "winogradOutput4", 6)
	row := func(y, first int, base string) {
		d := func(i int) string { return vec(first + i) }
		evenA, evenB, oddA, oddB := "V12", "V13", d(1), d(3)
		f.add(d(1), d(2), evenA)
		f.add(d(3), d(4), evenB)
		f.sub(d(1), d(2), oddA)
		f.sub(d(3), d(4), oddB)
		f.add(d(0), evenA, d(0))
		f.op("VFMADD231PS %s(SB), %s, %s", symbol("cubeA"), oddA, d(5))
		f.times("squareA", evenA, d(2))
		f.times("pointA", oddA, d(4))
		f.add(d(0), evenB, d(0))
		f.op("VFMADD231PS %s(SB), %s, %s", symbol("cubeB"), oddB, d(5))
		f.op("VFMADD231PS %s(SB), %s, %s", symbol("squareB"), evenB, d(2))
		f.op("VFMADD231PS %s(SB), %s, %s", symbol("pointB"), oddB, d(4))
		storePixels(f, y, base, []string{d(0), d(4), d(2), d(5)}, [2]string{"V12", "V13"})
	}
	f.comment("Rows 0 and 2 are even in the points.")
	f.load("squareA", "V14")
	f.load("squareB", "V15")
	pointColumns(f, 6, func(x int, at func(int) string) {
		zero, two := vec(x), vec(6+x)
		f.op("VMOVUPS %s, %s", at(1), two)
		f.op("VMOVUPS %s, V12", at(3))
		f.add(two, at(2), two)
		f.add("V12", at(4), "V12")
		f.add(two, at(0), zero)
		f.op("VMULPS %[1]s, V14, %[1]s", two)
		f.add(zero, "V12", zero)
		f.op("VFMADD231PS V12, V15, %s", two)
	})
	f.op("LEAQ (DI)(R8*2), R14")
	row(0, 0, "DI")
	row(2, 6, "R14")
	f.comment("Rows 1 and 3 are odd.")
	f.load("cubeA", "V14")
	f.load("cubeB", "V15")
	pointColumns(f, 6, func(x int, at func(int) string) {
		one, three := vec(x), vec(6+x)
		f.op("VMOVUPS %s, %s", at(1), one)
		f.op("VMOVUPS %s, V12", at(3))
		f.op("VMOVUPS %s, %s", at(5), three)
		f.sub(one, at(2), one)
		f.sub("V12", at(4), "V12")
		f.op("VFMADD231PS %s, V14, %s", one, three)
		f.times("pointA", one, one)
		f.op("VFMADD231PS V12, V15, %s", three)
		f.op("VFMADD231PS %s(SB), V12, %s", symbol("pointB"), one)
	})
	f.op("LEAQ (DI)(R8*1), R14")
	row(1, 0, "R14")
	f.op("LEAQ (R14)(R8*2), R14")
	row(3, 6, "R14")
	outputEnd(f)
}

// winogradOutput2 is act(Aᵀ·m·A + bias) of F(2×2, 3×3).
func winogradOutput2(f *file) {
	outputArguments(f, "winogradOutput2", 4)
	pointColumns(f, 4, func(x int, at func(int) string) {
		zero, one := vec(x), vec(4+x)
		f.op("VMOVUPS %s, V12", at(1))
		f.op("VMOVUPS %s, V13", at(2))
		f.add("V12", "V13", zero)
		f.sub("V12", "V13", one)
		f.add(zero, at(0), zero)
		f.add(one, at(3), one)
	})
	row := func(y, first int, base string) {
		d := func(i int) string { return vec(first + i) }
		f.add(d(1), d(2), "V12")
		f.sub(d(1), d(2), "V13")
		f.add(d(0), "V12", d(0))
		f.add(d(3), "V13", d(3))
		storePixels(f, y, base, []string{d(0), d(3)}, [2]string{"V12", "V13"})
	}
	f.op("LEAQ (DI)(R8*1), R14")
	row(0, 0, "DI")
	row(1, 4, "R14")
	outputEnd(f)
}
