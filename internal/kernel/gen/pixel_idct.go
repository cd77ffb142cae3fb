package main

// inverseDCT is the inverse DCT of package pixel for blocks side by side.
//
// A register holds 8 double words, one for each column in the first pass and for
// each row in the second. Their halves are two of the inputs of that column or
// row, (0, 4), (2, 6), (7, 1) or (3, 5), which are multiplied with two constants
// and added by one instruction.
func inverseDCT() string {
	f := newFile(avx2)
	constants := []struct {
		name      string
		low, high int
	}{
		{"even3", 4433 + 6270, 4433},
		{"even2", 4433, 4433 - 15137},
		{"sum3", 9633 - 16069, 9633},
		{"sum4", 9633, 9633 - 3196},
		{"odd0", 2446 - 7373, -7373},
		{"odd3", -7373, 12299 - 7373},
		{"odd1", -20995, 16819 - 20995},
		{"odd2", 25172 - 20995, -20995},
		{"upper", 0, 0xffff},
	}
	for _, c := range constants {
		f.words(c.name, c.low, c.high)
	}
	f.longs("round1", 1<<10)
	f.longs("round2", 1<<17+128<<18)
	rows := [16]byte{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}
	f.lanes("columnsToRows", rows, rows)

	f.function("inverseDCTAVX2(dst *uint8, stride int, blocks *Block, n int, quant *[64]uint16)", 40)
	f.arguments("dst DI", "stride R8", "blocks SI", "n CX", "quant BX")
	f.op("LEAQ (R8)(R8*2), R9")
	f.op("VMOVDQU upper<>(SB), Y15")
	f.op("VPCMPEQW Y14, Y14, Y14")
	f.comment("Y14: all bits but those of the first coefficient")
	f.op("MOVL $0xffff, AX")
	f.op("VMOVD AX, X13")
	f.op("VPXOR Y13, Y14, Y14")
	f.op("VPXOR Y13, Y13, Y13")

	f.label("block")
	f.op("LEAQ (DI)(R8*4), R10")
	for i := range 4 {
		f.op("VMOVDQU %d(SI), Y%d", 32*i, i)
	}
	f.op("VPOR Y1, Y2, Y4")
	f.op("VPOR Y3, Y4, Y4")
	f.op("VPAND Y14, Y0, Y5")
	f.op("VPOR Y4, Y5, Y5")
	f.op("VPTEST Y5, Y5")
	f.op("JZ flat")
	for i := range 4 {
		f.op("VPMULLW %d(BX), Y%d, Y%d", 32*i, i, i)
		f.op("VMOVDQU Y13, %d(SI)", 32*i)
	}
	f.op("VPTEST Y15, Y5")
	f.op("JNZ columns")
	f.op("VPTEST Y4, Y4")
	f.op("JNZ columns")
	f.comment("rows below the first are 0: numbers wrap around at 14 bits")
	f.op("VPSLLW $2, Y0, Y0")
	f.op("VPSRAW $2, Y0, Y0")

	f.label("columns")
	f.pass("round1", 11)
	f.comment("to pairs of columns")
	f.op("VSHUFPS $0x88, Y2, Y4, Y7")
	f.op("VSHUFPS $0x88, Y1, Y5, Y8")
	f.op("VSHUFPS $0xdd, Y2, Y4, Y9")
	f.op("VSHUFPS $0xdd, Y1, Y5, Y10")
	f.op("VPERM2I128 $0x20, Y8, Y7, Y0")
	f.op("VPERM2I128 $0x20, Y10, Y9, Y1")
	f.op("VPERM2I128 $0x31, Y8, Y7, Y2")
	f.op("VPERM2I128 $0x31, Y10, Y9, Y3")
	f.pass("round2", 18)
	f.comment("to rows of bytes")
	f.op("VPACKUSWB Y2, Y4, Y0")
	f.op("VPACKUSWB Y1, Y5, Y1")
	f.op("VPSHUFB columnsToRows<>(SB), Y0, Y0")
	f.op("VPSHUFB columnsToRows<>(SB), Y1, Y1")
	f.op("VPUNPCKLDQ Y1, Y0, Y2")
	f.op("VPUNPCKHDQ Y1, Y0, Y3")
	for _, at := range []string{"DI", "R10"} {
		f.op("VMOVQ X2, (%s)", at)
		f.op("VMOVHPS X2, (%s)(R8*1)", at)
		f.op("VMOVQ X3, (%s)(R8*2)", at)
		f.op("VMOVHPS X3, (%s)(R9*1)", at)
		if at == "DI" {
			f.op("VEXTRACTI128 $1, Y2, X2")
			f.op("VEXTRACTI128 $1, Y3, X3")
		}
	}

	f.label("next")
	f.op("ADDQ $128, SI")
	f.op("ADDQ $8, DI")
	f.op("DECQ CX")
	f.op("JNZ block")
	f.end()

	f.comment("one coefficient at most: all samples are the same")
	f.label("flat")
	f.op("MOVWLSX (SI), AX")
	f.op("MOVWLZX (BX), DX")
	f.op("MOVW $0, (SI)")
	f.op("IMULL DX, AX")
	f.op("SHLL $2, AX")
	f.op("MOVWLSX AX, AX")
	f.op("ADDL $16, AX")
	f.op("SARL $5, AX")
	f.op("ADDL $128, AX")
	f.op("VMOVD AX, X0")
	f.op("VPBROADCASTW X0, X0")
	f.op("VPACKUSWB X0, X0, X0")
	for _, at := range []string{"DI", "R10"} {
		for _, row := range []string{"", "(R8*1)", "(R8*2)", "(R9*1)"} {
			f.op("VMOVQ X0, (%s)%s", at, row)
		}
	}
	f.op("JMP next")
	return f.String()
}

// pass transforms the pairs of inputs (0, 4), (2, 6), (7, 1), (3, 5) in Y0 to Y3,
// adds a rounding and shifts right. It leaves the outputs 0 and 1 in Y4, 2 and 3
// in Y2, 4 and 5 in Y5, 6 and 7 in Y1: of each half of a register, four numbers
// of the first, then four of the second, limited to 16 bits.
func (f *file) pass(rounding string, shift int) {
	f.op("VPSLLD $16, Y0, Y4")
	f.op("VPADDW Y0, Y4, Y5")
	f.op("VPSUBW Y0, Y4, Y6")
	for _, y := range []string{"Y5", "Y6"} {
		f.op("VPAND Y15, %[1]s, %[1]s", y)
		f.op("VPSRAD $3, %[1]s, %[1]s", y)
		f.op("VPADDD %[2]s<>(SB), %[1]s, %[1]s", y, rounding)
	}
	f.op("VPMADDWD even3<>(SB), Y1, Y7")
	f.op("VPMADDWD even2<>(SB), Y1, Y8")
	f.op("VPADDD Y7, Y5, Y0")
	f.op("VPSUBD Y7, Y5, Y5")
	f.op("VPADDD Y8, Y6, Y1")
	f.op("VPSUBD Y8, Y6, Y6")
	f.op("VPADDW Y2, Y3, Y4")
	f.op("VPMADDWD sum3<>(SB), Y4, Y7")
	f.op("VPMADDWD sum4<>(SB), Y4, Y8")
	for _, odd := range []struct{ name, pair, sum, to string }{{"odd0", "Y2", "Y7", "Y9"}, {"odd3", "Y2", "Y8", "Y10"}, {"odd1", "Y3", "Y8", "Y11"}, {"odd2", "Y3", "Y7", "Y12"}} {
		f.op("VPMADDWD %s<>(SB), %s, %s", odd.name, odd.pair, odd.to)
		f.op("VPADDD %[1]s, %[2]s, %[2]s", odd.sum, odd.to)
	}
	for _, o := range []struct{ even, odd, sum string }{{"Y0", "Y10", "Y4"}, {"Y1", "Y12", "Y10"}, {"Y6", "Y11", "Y2"}, {"Y5", "Y9", "Y3"}} {
		f.op("VPADDD %s, %s, %s", o.odd, o.even, o.sum)
		f.op("VPSUBD %[1]s, %[2]s, %[2]s", o.odd, o.even)
		f.op("VPSRAD $%[1]d, %[2]s, %[2]s", shift, o.sum)
		f.op("VPSRAD $%[1]d, %[2]s, %[2]s", shift, o.even)
	}
	for _, o := range [][2]string{{"Y4", "Y10"}, {"Y2", "Y3"}, {"Y5", "Y6"}, {"Y1", "Y0"}} {
		f.op("VPACKSSDW %[2]s, %[1]s, %[1]s", o[0], o[1])
	}
}
