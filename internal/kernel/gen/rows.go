package main

// activations are the ways in which the loops of a function differ, and when they
// are taken.
var activations = []struct {
	name  string
	flags int
}{{"linear", 0}, {"rectify", rectify}, {"clip", rectify | clip}}

// rows are the element-wise kernels on rows of n vectors, called with the rows of
// dst, x and y.
func rows(set isa) string {
	f := newFile(set)
	rowsOf(f, "activateRows", func() {
		f.op("VMOVUPS (AX)(CX*1), V0")
	})
	rowsOf(f, "addRows", func() {
		f.op("VMOVUPS (AX)(CX*1), V0")
		f.op("VADDPS (BX)(CX*1), V0, V0")
	})
	rowsOf(f, "multiplyRows", func() {
		f.op("VMOVUPS (AX)(CX*1), V0")
		f.op("VMULPS (BX)(CX*1), V0, V0")
	})
	rowsOf(f, "scaleShiftRows", func() {
		f.op("VMOVUPS (BX)(CX*1), V0")
		f.op("VMOVUPS (DX)(CX*1), V1")
		f.op("VFMADD132PS (AX)(CX*1), V1, V0")
	})
	return f.String()
}

// rowsOf has a loop for each activation; load leaves the values to be activated
// in V0. The rows of dst, x, y and z are at DI, AX, BX and DX, and CX counts the
// bytes up to their ends at R8. z is one row for all.
func rowsOf(f *file, name string, load func()) {
	f.function(name+"(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)", 84)
	f.op("MOVQ dst+0(FP), DI")
	f.op("MOVQ x+8(FP), AX")
	f.op("MOVQ y+16(FP), BX")
	f.op("MOVQ z+24(FP), DX")
	f.op("MOVQ ldd+32(FP), R9")
	f.op("MOVQ ldx+40(FP), R10")
	f.op("MOVQ ldy+48(FP), R11")
	f.op("MOVQ rows+56(FP), R12")
	f.op("MOVQ n+64(FP), R8")
	f.op("MOVQ flags+72(FP), SI")
	f.op("SHLQ $2, R9")
	f.op("SHLQ $2, R10")
	f.op("SHLQ $2, R11")
	f.op("IMUL3Q $%d, R8, R8", f.bytes)
	f.op("VXORPS V13, V13, V13")
	f.op("VBROADCASTSS limit+80(FP), V14")
	for _, a := range activations[1:] {
		f.op("CMPQ SI, $%d", a.flags)
		f.op("JEQ %s", a.name)
	}
	for _, a := range activations {
		f.label(a.name)
		f.op("XORQ CX, CX")
		f.label(a.name + "Loop")
		load()
		if a.flags&rectify != 0 {
			f.positive("V0", "V13", "V2")
		}
		if a.flags&clip != 0 {
			f.op("VMINPS V0, V14, V0")
		}
		f.op("VMOVUPS V0, (DI)(CX*1)")
		f.op("ADDQ $%d, CX", f.bytes)
		f.op("CMPQ CX, R8")
		f.op("JLT %sLoop", a.name)
		f.op("ADDQ R9, DI")
		f.op("ADDQ R10, AX")
		f.op("ADDQ R11, BX")
		f.op("DECQ R12")
		f.op("JNZ %s", a.name)
		f.end()
	}
}
