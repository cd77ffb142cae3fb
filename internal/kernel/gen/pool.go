package main

import "fmt"

// pools are kernels that take all taps of a window for 8 channels in a row:
// maximum, mean and depthwise convolution.
//
//	for pixels: for vectors: for lines: for taps
func pools() string {
	f := newFile(avx2)
	maximumWindows(f)
	averageWindows(f)
	depthwiseWindows(f)
	return f.String()
}

func maximumWindows(f *file) {
	f.function("maximumWindows(dst, src *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors int)", 80)
	// The maximum of +0 and -0 is the second operand: of both orders together, +0.
	// Y5 has all bits set where a tap was NaN, which makes NaN of the result.
	f.op("MOVL $0xFF800000, AX")
	f.op("MOVQ AX, X4")
	f.op("VBROADCASTSS X4, Y4")
	windows(f, 16, windowLoop{
		start: func() {
			f.op("VMOVAPS Y4, Y0")
			f.op("VXORPS Y5, Y5, Y5")
		},
		tap: func(x string) {
			f.op("VMOVUPS %s, Y1", x)
			f.op("VCMPPS $3, Y1, Y1, Y6")
			f.op("VMAXPS Y0, Y1, Y2")
			f.op("VMAXPS Y1, Y0, Y3")
			f.op("VORPS Y6, Y5, Y5")
			f.op("VANDPS Y2, Y3, Y0")
		},
		finish: func() { f.op("VORPS Y5, Y0, Y0") },
	})
}

func averageWindows(f *file) {
	f.function("averageWindows(dst, src, scale, shift *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors, flags int, limit, count float32)", 112)
	f.op("VBROADCASTSS limit+104(FP), Y14")
	f.op("VBROADCASTSS count+108(FP), Y15")
	f.op("VXORPS Y13, Y13, Y13")
	f.op("MOVQ scale+16(FP), R15")
	f.op("TESTQ R15, R15")
	f.op("JZ plain")
	f.op("MOVQ flags+96(FP), CX")
	for _, a := range activations[1:] {
		f.op("CMPQ CX, $%d", a.flags)
		f.op("JEQ %s", a.name)
	}
	loop := windowLoop{
		start:  func() { f.op("VXORPS Y0, Y0, Y0") },
		finish: func() { f.op("VDIVPS Y15, Y0, Y0") },
	}
	for _, a := range activations {
		f.label(a.name)
		normal := loop
		normal.name = a.name
		normal.start = func() {
			loop.start()
			f.op("MOVQ shift+24(FP), CX")
			f.op("VMOVUPS (R15)(DX*1), Y4")
			f.op("VMOVUPS (CX)(DX*1), Y5")
		}
		normal.tap = func(x string) {
			f.op("VMOVUPS %s, Y1", x)
			f.op("VFMADD213PS Y5, Y4, Y1")
			if a.flags&rectify != 0 {
				f.op("VCMPPS $22, Y13, Y1, Y2")
				f.op("VANDPS Y2, Y1, Y1")
			}
			if a.flags&clip != 0 {
				f.op("VMINPS Y1, Y14, Y1")
			}
			f.op("VADDPS Y1, Y0, Y0")
		}
		windows(f, 32, normal)
	}
	f.label("plain")
	loop.name = "plain"
	loop.tap = func(x string) { f.op("VADDPS %s, Y0, Y0", x) }
	windows(f, 32, loop)
}

// depthwiseWindows is the depthwise convolution of single pixels.
func depthwiseWindows(f *file) {
	f.function("depthwiseWindows(dst, src, w, bias *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors, ldw, gap, flags int, limit float32)", 124)
	f.op("MOVQ ldw+96(FP), R15")
	f.op("SHLQ $2, R15")
	windows(f, 32, windowLoop{
		start: func() {
			f.op("MOVQ bias+24(FP), CX")
			f.op("VMOVUPS (CX)(DX*1), Y0")
			f.op("MOVQ w+16(FP), R14")
			f.op("ADDQ DX, R14")
		},
		tap: func(x string) {
			f.op("VMOVUPS %s, Y1", x)
			f.op("VFMADD231PS (R14), Y1, Y0")
			f.op("ADDQ R15, R14")
		},
		line: func() {
			f.op("MOVQ gap+104(FP), CX")
			f.op("LEAQ (R14)(CX*4), R14")
		},
		finish: func() {
			f.op("MOVQ flags+112(FP), CX")
			f.activate([]string{"Y0"}, "CX", "limit+120(FP)", [3]string{"Y13", "Y14", "Y15"})
		},
	})
}

// windowLoop is what a loop over windows does at the start of a vector, with each
// tap, after a line of taps, and at its end, when the result is in Y0.
type windowLoop struct {
	name   string
	start  func()
	tap    func(x string)
	line   func() // or nil
	finish func()
}

// windows writes the loops and the return. The arguments dst, src are first, those from
// ldd on start at byte at. DX counts the bytes of the vectors.
func windows(f *file, at int, w windowLoop) {
	arg := func(name string, i int) string { return fmt.Sprintf("%s+%d(FP)", name, at+8*i) }
	f.op("MOVQ dst+0(FP), DI")
	f.op("MOVQ src+8(FP), SI")
	f.op("MOVQ %s, R11", arg("line", 2))
	f.op("MOVQ %s, R10", arg("tap", 3))
	f.op("MOVQ %s, R13", arg("pixels", 6))
	f.op("MOVQ %s, R12", arg("vectors", 7))
	f.op("SHLQ $2, R10")
	f.op("SHLQ $2, R11")
	f.op("SHLQ $5, R12")
	f.comment("R11: from behind a line of taps to the next one")
	f.op("MOVQ %s, R9", arg("taps", 5))
	f.op("MOVQ R9, CX")
	f.op("IMULQ R10, CX")
	f.op("SUBQ CX, R11")

	f.label(w.name + "Pixel")
	f.op("XORQ DX, DX")
	f.label(w.name + "Vector")
	w.start()
	f.op("LEAQ (SI)(DX*1), AX")
	f.op("MOVQ %s, BX", arg("lines", 4))
	f.label(w.name + "Line")
	f.op("MOVQ R9, CX")
	f.label(w.name + "Tap")
	w.tap("(AX)")
	f.op("ADDQ R10, AX")
	f.op("DECQ CX")
	f.op("JNZ %sTap", w.name)
	f.op("ADDQ R11, AX")
	if w.line != nil {
		w.line()
	}
	f.op("DECQ BX")
	f.op("JNZ %sLine", w.name)
	w.finish()
	f.op("VMOVUPS Y0, (DI)(DX*1)")
	f.op("ADDQ $32, DX")
	f.op("CMPQ DX, R12")
	f.op("JLT %sVector", w.name)
	f.op("MOVQ %s, R8", arg("ldx", 1))
	f.op("LEAQ (SI)(R8*4), SI")
	f.op("MOVQ %s, R8", arg("ldd", 0))
	f.op("LEAQ (DI)(R8*4), DI")
	f.op("DECQ R13")
	f.op("JNZ %sPixel", w.name)
	f.end()
}
