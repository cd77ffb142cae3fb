package main

import "fmt"

// depthwisePixels are computed together, so that a filter tap is loaded once for
// all of them and their sums do not wait for each other.
const depthwisePixels = 6

// depthwise is the convolution of pixels in a line, a vector of channels at a time:
//
//	for vectors: for pixels: bias, for height: for width: += x·w, activate
//
// DI and SI are the pixel of dst and its first tap in x, DX is the tap of the
// filter. The registers AX and R13 are the taps of pixels 0 and 3; the counters of
// the outer loops stay with the arguments.
func depthwise(set isa) string {
	f := newFile(set)
	f.function("depthwiseLine(dst, x, w, bias *float32, ldd, ldx, tap, line, ldw, height, width, pixels, vectors, flags int, limit float32)", 116)
	f.op("MOVQ ldd+32(FP), R9")
	f.op("MOVQ ldx+40(FP), R8")
	f.op("MOVQ tap+48(FP), R10")
	f.op("MOVQ line+56(FP), R11")
	f.op("MOVQ ldw+64(FP), R12")
	for _, r := range []string{"R8", "R9", "R10", "R11", "R12"} {
		f.op("SHLQ $2, %s", r)
	}
	f.comment("R11: from behind a line of taps to the next one")
	f.op("MOVQ width+80(FP), CX")
	f.op("IMULQ R10, CX")
	f.op("SUBQ CX, R11")

	f.label("vector")
	f.op("MOVQ dst+0(FP), DI")
	f.op("MOVQ x+8(FP), SI")
	f.op("MOVQ pixels+88(FP), R15")
	depthwiseTile(f)
	f.op("CMPQ R15, $%d", depthwisePixels)
	f.op("JGE tile")
	f.op("TESTQ R15, R15")
	f.op("JZ done")
	f.comment("a last tile that ends with the line, and computes some pixels again")
	f.op("SUBQ $%d, R15", depthwisePixels)
	f.op("MOVQ R15, CX")
	f.op("IMULQ R8, CX")
	f.op("ADDQ CX, SI")
	f.op("MOVQ R15, CX")
	f.op("IMULQ R9, CX")
	f.op("ADDQ CX, DI")
	f.op("MOVQ $%d, R15", depthwisePixels)
	f.op("JMP tile")

	f.label("done")
	for i, name := range []string{"dst", "x", "w", "bias"} {
		f.op("ADDQ $%d, %s+%d(FP)", f.bytes, name, 8*i)
	}
	f.op("DECQ vectors+96(FP)")
	f.op("JNZ vector")
	f.end()
	return f.String()
}

// depthwiseTile computes pixels and steps behind them.
func depthwiseTile(f *file) {
	at := func(low, high, stride string, p int) string {
		base := low
		if p >= 3 {
			base = high
		}
		if p%3 == 0 {
			return fmt.Sprintf("(%s)", base)
		}
		return fmt.Sprintf("(%s)(%s*%d)", base, stride, p%3)
	}
	f.label("tile")
	f.op("MOVQ bias+24(FP), DX")
	f.op("VMOVUPS (DX), V0")
	for p := 1; p < depthwisePixels; p++ {
		f.op("VMOVAPS V0, V%d", p)
	}
	f.op("MOVQ w+16(FP), DX")
	f.op("MOVQ SI, AX")
	f.op("LEAQ (R8)(R8*2), R13")
	f.op("ADDQ SI, R13")
	f.op("MOVQ height+72(FP), BX")
	f.label("line")
	f.op("MOVQ width+80(FP), CX")
	f.label("tap")
	f.op("VMOVUPS (DX), V8")
	for p := range depthwisePixels {
		f.op("VFMADD231PS %s, V8, V%d", at("AX", "R13", "R8", p), p)
	}
	f.op("ADDQ R12, DX")
	f.op("ADDQ R10, AX")
	f.op("ADDQ R10, R13")
	f.op("DECQ CX")
	f.op("JNZ tap")
	f.op("ADDQ R11, AX")
	f.op("ADDQ R11, R13")
	f.op("DECQ BX")
	f.op("JNZ line")

	var sums []string
	for p := range depthwisePixels {
		sums = append(sums, fmt.Sprintf("V%d", p))
	}
	f.op("MOVQ flags+104(FP), CX")
	f.activate(sums, "CX", "limit+112(FP)", [3]string{"V9", "V10", "V11"})
	f.op("LEAQ (R9)(R9*2), BX")
	f.op("ADDQ DI, BX")
	for p, y := range sums {
		f.op("VMOVUPS %s, %s", y, at("DI", "BX", "R9", p))
	}
	f.comment("the next pixels")
	f.op("IMUL3Q $%d, R8, CX", depthwisePixels)
	f.op("ADDQ CX, SI")
	f.op("IMUL3Q $%d, R9, CX", depthwisePixels)
	f.op("ADDQ CX, DI")
	f.op("SUBQ $%d, R15", depthwisePixels)
}
