package main

import "fmt"

// chroma are the loops of package pixel that make lines of chroma in the size of
// the picture. They do 16 samples at a time; the last time takes the last 16,
// some of which are done already.
func chroma() string {
	f := newFile(avx2)
	f.function("acrossAVX2(dst, near, far *uint8, sums *uint16, n int, even, odd uint64)", 56)
	f.arguments("dst DI", "near SI", "far BX", "sums DX", "n CX", "even AX", "odd R8")
	for i, reg := range []string{"AX", "R8"} {
		f.op("VMOVQ %s, X%d", reg, 14+i)
		f.op("VPBROADCASTW X%d, Y%d", 14+i, 14+i)
	}
	f.op("LEAQ -16(CX), R9")
	f.comment("sums[1+x] = 3·near[x] + far[x]")
	f.overlapped("sum", func() {
		f.op("VPMOVZXBW (SI)(R10*1), Y0")
		f.op("VPMOVZXBW (BX)(R10*1), Y1")
		f.op("VPADDW Y0, Y0, Y2")
		f.op("VPADDW Y0, Y1, Y1")
		f.op("VPADDW Y2, Y1, Y1")
		f.op("VMOVDQU Y1, 2(DX)(R10*2)")
	})
	f.comment("beyond the ends they repeat")
	f.op("MOVW 2(DX), AX")
	f.op("MOVW AX, (DX)")
	f.op("MOVW (DX)(CX*2), AX")
	f.op("MOVW AX, 2(DX)(CX*2)")
	f.overlapped("pair", func() {
		f.op("VMOVDQU 2(DX)(R10*2), Y0")
		f.op("VPADDW Y0, Y0, Y1")
		f.op("VPADDW Y0, Y1, Y1")
		f.op("VPADDW (DX)(R10*2), Y1, Y2")
		f.op("VPADDW 4(DX)(R10*2), Y1, Y3")
		f.op("VPADDW Y14, Y2, Y2")
		f.op("VPADDW Y15, Y3, Y3")
		f.op("VPSRLW $4, Y2, Y2")
		f.op("VPSRLW $4, Y3, Y3")
		f.op("VPSLLW $8, Y3, Y3")
		f.op("VPOR Y2, Y3, Y3")
		f.op("VMOVDQU Y3, (DI)(R10*2)")
	})
	f.end()

	f.function("downAVX2(dst, near, far *uint8, n int, round uint64)", 40)
	f.arguments("dst DI", "near SI", "far BX", "n CX", "round AX")
	f.op("VMOVQ AX, X15")
	f.op("VPBROADCASTW X15, Y15")
	f.op("LEAQ -16(CX), R9")
	f.overlapped("down", func() {
		f.op("VPMOVZXBW (SI)(R10*1), Y0")
		f.op("VPMOVZXBW (BX)(R10*1), Y1")
		f.op("VPADDW Y0, Y0, Y2")
		f.op("VPADDW Y0, Y1, Y1")
		f.op("VPADDW Y2, Y1, Y1")
		f.op("VPADDW Y15, Y1, Y1")
		f.op("VPSRLW $2, Y1, Y1")
		f.op("VEXTRACTI128 $1, Y1, X2")
		f.op("VPACKUSWB X2, X1, X1")
		f.op("VMOVDQU X1, (DI)(R10*1)")
	})
	f.end()
	return f.String()
}

// overlapped repeats do for R10 = 0, 16, … and at last R9.
func (f *file) overlapped(name string, do func()) {
	f.op("XORQ R10, R10")
	f.op("CMPQ R10, R9")
	f.op("JGE %sLast", name)
	f.label(name)
	do()
	f.op("ADDQ $16, R10")
	f.op("CMPQ R10, R9")
	f.op("JLT %s", name)
	f.label(name + "Last")
	f.op("MOVQ R9, R10")
	do()
}

// colors are the loops of package pixel that make pixels of three lines, 32 at a
// time; n is a multiple of that.
func colors() string {
	f := newFile(avx2)
	f.words("red", 26345, 26345)
	f.words("blue", -14942, -14942)
	f.words("green", -22554, 18734)
	f.words("center", 128, 128)
	f.words("one", 1, 1)
	f.longs("round", 1<<15)
	// Bytes 16·part to 16·part + 15 of 16 pixels; 0x80 makes a zero.
	for part := range 3 {
		for color := range 3 {
			var b [16]byte
			for i := range b {
				b[i] = 0x80
				if at := 16*part + i; at%3 == color {
					b[i] = byte(at / 3)
				}
			}
			f.lanes(fmt.Sprintf("place%d%d", part, color), b, b)
		}
	}

	f.function("interleaveAVX2(dst, red, green, blue *uint8, n int)", 40)
	f.arguments("dst DI", "red SI", "green BX", "blue DX", "n CX")
	f.label("loop")
	f.op("VMOVDQU (SI), Y0")
	f.op("VMOVDQU (BX), Y1")
	f.op("VMOVDQU (DX), Y2")
	f.storePixels()

	f.function("yccAVX2(dst, y, cb, cr *uint8, n int)", 40)
	f.arguments("dst DI", "y SI", "cb BX", "cr DX", "n CX")
	f.op("VMOVDQU center<>(SB), Y15")
	f.op("VMOVDQU one<>(SB), Y14")
	f.op("VMOVDQU round<>(SB), Y13")
	f.op("VPXOR Y12, Y12, Y12")
	f.label("loop")
	// Red, green and blue of one half of each 16 pixels, then of the other.
	for half, unpack := range []string{"VPUNPCKLBW", "VPUNPCKHBW"} {
		r, g, b := fmt.Sprint("Y", 3*half), fmt.Sprint("Y", 3*half+1), fmt.Sprint("Y", 3*half+2)
		for i, line := range []string{"SI", "BX", "DX"} {
			f.op("VMOVDQU (%s), Y%d", line, 6+i)
			f.op("%s Y12, Y%[2]d, Y%[2]d", unpack, 6+i)
		}
		f.op("VPSUBW Y15, Y7, Y7")
		f.op("VPSUBW Y15, Y8, Y8")
		f.comment("green")
		f.op("VPUNPCKLWD Y8, Y7, Y9")
		f.op("VPUNPCKHWD Y8, Y7, Y10")
		for _, y := range []string{"Y9", "Y10"} {
			f.op("VPMADDWD green<>(SB), %[1]s, %[1]s", y)
			f.op("VPADDD Y13, %[1]s, %[1]s", y)
			f.op("VPSRAD $16, %[1]s, %[1]s", y)
		}
		f.op("VPACKSSDW Y10, Y9, %s", g)
		f.op("VPSUBW Y8, Y6, Y9")
		f.op("VPADDW %[1]s, Y9, %[1]s", g)
		f.comment("red")
		f.op("VPADDW Y8, Y8, %s", r)
		f.op("VPMULHW red<>(SB), %[1]s, %[1]s", r)
		f.op("VPADDW Y14, %[1]s, %[1]s", r)
		f.op("VPSRAW $1, %[1]s, %[1]s", r)
		f.op("VPADDW Y8, %[1]s, %[1]s", r)
		f.op("VPADDW Y6, %[1]s, %[1]s", r)
		f.comment("blue")
		f.op("VPADDW Y7, Y7, Y7")
		f.op("VPMULHW blue<>(SB), Y7, %s", b)
		f.op("VPADDW Y14, %[1]s, %[1]s", b)
		f.op("VPSRAW $1, %[1]s, %[1]s", b)
		f.op("VPADDW Y7, %[1]s, %[1]s", b)
		f.op("VPADDW Y6, %[1]s, %[1]s", b)
	}
	for i := range 3 {
		f.op("VPACKUSWB Y%d, Y%d, Y%d", 3+i, i, i)
	}
	f.storePixels()
	return f.String()
}

// picks copies pixels, four bytes each, of which the next one overwrites the last.
func picks() string {
	f := newFile(avx2)
	f.function("pickAVX2(dst, src *uint8, columns *int32, n int)", 32)
	f.arguments("dst DI", "src SI", "columns BX", "n CX")
	f.label("loop")
	for i, reg := range []string{"AX", "DX", "R8", "R9"} {
		f.op("MOVLQSX %d(BX), %s", 4*i, reg)
		f.op("LEAQ (%[1]s)(%[1]s*2), %[1]s", reg)
		f.op("MOVL (SI)(%[1]s*1), %[1]s", reg)
		f.op("MOVL %s, %d(DI)", reg, 3*i)
	}
	f.op("ADDQ $16, BX")
	f.op("ADDQ $12, DI")
	f.op("SUBQ $4, CX")
	f.op("JNZ loop")
	f.op("RET")
	return f.String()
}

// storePixels writes 32 pixels of the colours in Y0 to Y2 and ends the loop.
func (f *file) storePixels() {
	for part := range 3 {
		y := 3 + part
		f.op("VPSHUFB place%d0<>(SB), Y0, Y%d", part, y)
		for color := 1; color < 3; color++ {
			f.op("VPSHUFB place%d%d<>(SB), Y%d, Y6", part, color, color)
			f.op("VPOR Y6, Y%[1]d, Y%[1]d", y)
		}
		f.op("VMOVDQU X%d, %d(DI)", y, 16*part)
		f.op("VEXTRACTI128 $1, Y%d, %d(DI)", y, 48+16*part)
	}
	for _, line := range []string{"SI", "BX", "DX"} {
		f.op("ADDQ $32, %s", line)
	}
	f.op("ADDQ $96, DI")
	f.op("SUBQ $32, CX")
	f.op("JNZ loop")
	f.end()
}
