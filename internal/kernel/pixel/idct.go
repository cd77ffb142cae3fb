package pixel

import "encoding/binary"

// The constants of the inverse DCT, times 2^13.
const (
	c0298 = 2446
	c0390 = 3196
	c0541 = 4433
	c0765 = 6270
	c0899 = 7373
	c1175 = 9633
	c1501 = 12299
	c1847 = 15137
	c1961 = 16069
	c2053 = 16819
	c2562 = 20995
	c3072 = 25172
)

// Rounding of the two passes. The second one adds the 128 of the sample, too.
const (
	round1 = 1 << 10
	round2 = 1<<17 + 128<<18
)

// exactSum bounds the sum of a block's coefficients, in magnitude, for which
// nothing in the inverse DCT leaves 16 bits: sums of two columns between the
// passes are at most 4 × 1.387 × sum, plus rounding.
const exactSum = 5800

// Coefficients of which a pass needs only half of its inputs if they are 0, and
// those of the first row.
const (
	lowerRows    = 0xaaaa_5555_aaaa_aaaa
	rightColumns = 0xc3cc_c3cc_c3cc_c3cc
	firstRow     = 0x5555
)

// InverseDCT writes the 8×8 samples of blocks that lie side by side: libjpeg's
// accurate integer transform of coefficients times quantisation table, both in
// the order of a [Block]. The first block's samples begin at dst[0], each row
// stride further. last says for each block the last coefficient, in the order of
// the file, that may be other than 0; nil stands for 63. Afterwards the blocks
// are zeros.
func (l Loops) InverseDCT(dst []uint8, stride int, blocks []Block, last []uint8, quant *[64]uint16) {
	if len(blocks) == 0 || l.inverseDCTFast(dst, stride, blocks, quant) {
		return
	}
	for i := range blocks {
		end := 63
		if last != nil {
			end = int(last[i])
		}
		used, sum := blocks[i].dequantise(end, quant)
		inverseDCT(&blocks[i], used, sum, dst[8*i:], stride)
		clear(blocks[i][:])
	}
}

// dequantise multiplies with the table, in 16 bits. It returns which coefficients
// were not 0, bit i for element i and always bit 0, and the sum of the magnitudes
// of the products.
func (b *Block) dequantise(last int, quant *[64]uint16) (used uint64, sum int32) {
	used = 1
	for _, z := range Zigzag[:last+1] {
		z &= 63
		if v := b[z]; v != 0 {
			v *= int16(quant[z])
			b[z] = v
			used |= 1 << z
			sum += abs(v)
		}
	}
	return used, sum
}

func abs(v int16) int32 {
	m := int32(v) >> 31
	return (int32(v) ^ m) - m
}

// inverseDCT transforms dequantised coefficients.
func inverseDCT(c *Block, used uint64, sum int32, dst []uint8, stride int) {
	if sum > exactSum {
		inverseDCT16(c, used, dst, stride)
		return
	}
	if used == 1 {
		fillBlock(dst, stride, clamp((int32(c[0])*4+16)>>5+128))
		return
	}
	var w [64]int32
	if used&lowerRows == 0 {
		transformColumns4(c, used, &w)
	} else {
		transformColumns(c, used, &w)
	}
	dst = dst[:7*stride+8]
	if used&rightColumns == 0 {
		transformRows4(&w, dst, stride)
	} else {
		transformRows(&w, dst, stride)
	}
}

// clamp limits v to 0 to 255.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}

// belowFirst moves to bits 2·i and 2·i + 1 whether column i of a [Block] has more
// than its first coefficient.
func belowFirst(used uint64) uint64 {
	m := used &^ firstRow
	m |= m >> 32
	return m | m>>16
}

// transformColumns makes w, in natural order, of c.
func transformColumns(c *Block, used uint64, w *[64]int32) {
	more := belowFirst(used)
	for i, x := range columnOrder {
		x &= 7
		if more>>(2*i)&3 == 0 {
			v := int32(c[2*i]) << 2
			w[x], w[8+x], w[16+x], w[24+x], w[32+x], w[40+x], w[48+x], w[56+x] = v, v, v, v, v, v, v, v
			continue
		}
		i2, i6 := int32(c[16+2*i]), int32(c[17+2*i])
		z := (i2 + i6) * c0541
		e2, e3 := z-i6*c1847, z+i2*c0765
		i0, i4 := int32(c[2*i]), int32(c[1+2*i])
		e0, e1 := (i0+i4)<<13+round1, (i0-i4)<<13+round1
		a0, a1, a2, a3 := e0+e3, e1+e2, e1-e2, e0-e3

		i1, i3, i5, i7 := int32(c[33+2*i]), int32(c[48+2*i]), int32(c[49+2*i]), int32(c[32+2*i])
		z1, z2 := (i7+i1)*-c0899, (i5+i3)*-c2562
		z3, z4 := i7+i3, i5+i1
		z5 := (z3 + z4) * c1175
		z3, z4 = z5-z3*c1961, z5-z4*c0390
		b0, b1 := i7*c0298+z1+z3, i5*c2053+z2+z4
		b2, b3 := i3*c3072+z2+z3, i1*c1501+z1+z4
		w[x], w[56+x] = (a0+b3)>>11, (a0-b3)>>11
		w[8+x], w[48+x] = (a1+b2)>>11, (a1-b2)>>11
		w[16+x], w[40+x] = (a2+b1)>>11, (a2-b1)>>11
		w[24+x], w[32+x] = (a3+b0)>>11, (a3-b0)>>11
	}
}

// transformColumns4 is transformColumns without rows 4 to 7, which are 0.
func transformColumns4(c *Block, used uint64, w *[64]int32) {
	more := belowFirst(used)
	for i, x := range columnOrder {
		x &= 7
		if more>>(2*i)&3 == 0 {
			v := int32(c[2*i]) << 2
			w[x], w[8+x], w[16+x], w[24+x], w[32+x], w[40+x], w[48+x], w[56+x] = v, v, v, v, v, v, v, v
			continue
		}
		e0, i2 := int32(c[2*i])<<13+round1, int32(c[16+2*i])
		e2, e3 := i2*c0541, i2*(c0541+c0765)
		a0, a1, a2, a3 := e0+e3, e0+e2, e0-e2, e0-e3

		i1, i3 := int32(c[33+2*i]), int32(c[48+2*i])
		b0, b1 := i1*(c1175-c0899)+i3*(c1175-c1961), i1*(c1175-c0390)+i3*(c1175-c2562)
		b2, b3 := i1*c1175+i3*(c3072-c2562+c1175-c1961), i1*(c1501-c0899+c1175-c0390)+i3*c1175
		w[x], w[56+x] = (a0+b3)>>11, (a0-b3)>>11
		w[8+x], w[48+x] = (a1+b2)>>11, (a1-b2)>>11
		w[16+x], w[40+x] = (a2+b1)>>11, (a2-b1)>>11
		w[24+x], w[32+x] = (a3+b0)>>11, (a3-b0)>>11
	}
}

// transformRows makes the samples of w.
func transformRows(w *[64]int32, dst []uint8, stride int) {
	for y := range 8 {
		r := (*[8]int32)(w[8*y:])
		i2, i6 := r[2], r[6]
		z := (i2 + i6) * c0541
		e2, e3 := z-i6*c1847, z+i2*c0765
		e0, e1 := (r[0]+r[4])<<13+round2, (r[0]-r[4])<<13+round2
		a0, a1, a2, a3 := e0+e3, e1+e2, e1-e2, e0-e3

		i1, i3, i5, i7 := r[1], r[3], r[5], r[7]
		z1, z2 := (i7+i1)*-c0899, (i5+i3)*-c2562
		z3, z4 := i7+i3, i5+i1
		z5 := (z3 + z4) * c1175
		z3, z4 = z5-z3*c1961, z5-z4*c0390
		b0, b1 := i7*c0298+z1+z3, i5*c2053+z2+z4
		b2, b3 := i3*c3072+z2+z3, i1*c1501+z1+z4
		o0, o7, o1, o6 := (a0+b3)>>18, (a0-b3)>>18, (a1+b2)>>18, (a1-b2)>>18
		o2, o5, o3, o4 := (a2+b1)>>18, (a2-b1)>>18, (a3+b0)>>18, (a3-b0)>>18
		row := dst[y*stride : y*stride+8]
		if uint32(o0|o1|o2|o3|o4|o5|o6|o7) > 255 {
			putClamped(row, o0, o1, o2, o3, o4, o5, o6, o7)
			continue
		}
		lo := uint32(o0|o1<<8) | uint32(o2|o3<<8)<<16
		hi := uint32(o4|o5<<8) | uint32(o6|o7<<8)<<16
		binary.LittleEndian.PutUint64(row, uint64(hi)<<32|uint64(lo))
	}
}

// transformRows4 is transformRows without columns 4 to 7, which are 0.
func transformRows4(w *[64]int32, dst []uint8, stride int) {
	for y := range 8 {
		r := (*[4]int32)(w[8*y:])
		e0, i2 := r[0]<<13+round2, r[2]
		e2, e3 := i2*c0541, i2*(c0541+c0765)
		a0, a1, a2, a3 := e0+e3, e0+e2, e0-e2, e0-e3

		i1, i3 := r[1], r[3]
		b0, b1 := i1*(c1175-c0899)+i3*(c1175-c1961), i1*(c1175-c0390)+i3*(c1175-c2562)
		b2, b3 := i1*c1175+i3*(c3072-c2562+c1175-c1961), i1*(c1501-c0899+c1175-c0390)+i3*c1175
		o0, o7, o1, o6 := (a0+b3)>>18, (a0-b3)>>18, (a1+b2)>>18, (a1-b2)>>18
		o2, o5, o3, o4 := (a2+b1)>>18, (a2-b1)>>18, (a3+b0)>>18, (a3-b0)>>18
		row := dst[y*stride : y*stride+8]
		if uint32(o0|o1|o2|o3|o4|o5|o6|o7) > 255 {
			putClamped(row, o0, o1, o2, o3, o4, o5, o6, o7)
			continue
		}
		lo := uint32(o0|o1<<8) | uint32(o2|o3<<8)<<16
		hi := uint32(o4|o5<<8) | uint32(o6|o7<<8)<<16
		binary.LittleEndian.PutUint64(row, uint64(hi)<<32|uint64(lo))
	}
}

func putClamped(dst []uint8, v ...int32) {
	for x, v := range v {
		dst[x] = clamp(v)
	}
}

// fillBlock writes the samples of a block that are all the same.
func fillBlock(dst []uint8, stride int, v uint8) {
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(v)*0x0101010101010101)
	}
}
