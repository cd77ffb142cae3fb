package jpeg

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

// exactSum bounds the sum of a block's coefficients, in magnitude, for which
// nothing in the inverse DCT leaves 16 bits: sums of two columns between the
// passes are at most 4 × 1.387 × sum, plus rounding.
const exactSum = 5800

// inverseDCT writes the 8×8 samples that belong to a block of dequantised
// coefficients: libjpeg's accurate integer transform. Bit i of used is set if
// coefficient i may be other than 0, sum is that of their magnitudes.
func inverseDCT(c *[64]int16, used uint64, sum int32, dst []uint8, stride int) {
	switch {
	case sum > exactSum:
		inverseDCT16(c, used, dst, stride)
	case used == 1:
		fillBlock(dst, stride, clamp((int32(c[0])*4+16)>>5+128))
	default:
		inverseDCTFull(c, dst, stride)
	}
}

// clamp limits v to 0 to 255.
func clamp(v int32) uint8 {
	if uint32(v) > 255 {
		return uint8(^(v >> 31))
	}
	return uint8(v)
}

// pass is the transform of 8 numbers, times 2^13.
func pass(i0, i1, i2, i3, i4, i5, i6, i7 int32) (o0, o1, o2, o3, o4, o5, o6, o7 int32) {
	z := (i2 + i6) * c0541
	e2 := z - i6*c1847
	e3 := z + i2*c0765
	e0 := (i0 + i4) << 13
	e1 := (i0 - i4) << 13
	a0, a3, a1, a2 := e0+e3, e0-e3, e1+e2, e1-e2

	z1 := (i7 + i1) * -c0899
	z2 := (i5 + i3) * -c2562
	z3 := i7 + i3
	z4 := i5 + i1
	z5 := (z3 + z4) * c1175
	z3 = z5 - z3*c1961
	z4 = z5 - z4*c0390
	b0 := i7*c0298 + z1 + z3
	b1 := i5*c2053 + z2 + z4
	b2 := i3*c3072 + z2 + z3
	b3 := i1*c1501 + z1 + z4
	return a0 + b3, a1 + b2, a2 + b1, a3 + b0, a3 - b0, a2 - b1, a1 - b2, a0 - b3
}

func inverseDCTFull(c *[64]int16, dst []uint8, stride int) {
	var w [64]int32
	for x := range 8 {
		i1, i2, i3, i4, i5, i6, i7 := c[8+x], c[16+x], c[24+x], c[32+x], c[40+x], c[48+x], c[56+x]
		if i1|i2|i3|i4|i5|i6|i7 == 0 {
			v := int32(c[x]) << 2
			w[x], w[8+x], w[16+x], w[24+x], w[32+x], w[40+x], w[48+x], w[56+x] = v, v, v, v, v, v, v, v
			continue
		}
		o0, o1, o2, o3, o4, o5, o6, o7 := pass(int32(c[x]), int32(i1), int32(i2), int32(i3), int32(i4), int32(i5), int32(i6), int32(i7))
		const round = 1 << 10
		w[x] = (o0 + round) >> 11
		w[8+x] = (o1 + round) >> 11
		w[16+x] = (o2 + round) >> 11
		w[24+x] = (o3 + round) >> 11
		w[32+x] = (o4 + round) >> 11
		w[40+x] = (o5 + round) >> 11
		w[48+x] = (o6 + round) >> 11
		w[56+x] = (o7 + round) >> 11
	}
	for y := range 8 {
		r := w[8*y : 8*y+8 : 8*y+8]
		o0, o1, o2, o3, o4, o5, o6, o7 := pass(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		const round = 1<<17 + 128<<18
		putRow(dst[y*stride:], (o0+round)>>18, (o1+round)>>18, (o2+round)>>18, (o3+round)>>18,
			(o4+round)>>18, (o5+round)>>18, (o6+round)>>18, (o7+round)>>18)
	}
}

// putRow stores 8 samples.
func putRow(dst []uint8, a, b, c, d, e, f, g, h int32) {
	if uint32(a|b|c|d|e|f|g|h) > 255 {
		a, b, c, d = int32(clamp(a)), int32(clamp(b)), int32(clamp(c)), int32(clamp(d))
		e, f, g, h = int32(clamp(e)), int32(clamp(f)), int32(clamp(g)), int32(clamp(h))
	}
	lo := uint32(a) | uint32(b)<<8 | uint32(c)<<16 | uint32(d)<<24
	hi := uint32(e) | uint32(f)<<8 | uint32(g)<<16 | uint32(h)<<24
	binary.LittleEndian.PutUint64(dst, uint64(hi)<<32|uint64(lo))
}

// inverseDCT16 is the transform for blocks whose numbers can leave 16 bits,
// which only damaged or very noisy data have. As in libjpeg-turbo's x86 code,
// sums of two inputs wrap around at 16 bits, and what a pass makes is clamped to
// 16 bits, but wraps around if there are no rows but the first.
func inverseDCT16(c *[64]int16, used uint64, dst []uint8, stride int) {
	var w [64]int32
	for x := range 8 {
		o := pass16([8]int32{int32(c[x]), int32(c[8+x]), int32(c[16+x]), int32(c[24+x]), int32(c[32+x]), int32(c[40+x]), int32(c[48+x]), int32(c[56+x])})
		for y, v := range o {
			w[8*y+x] = min(max((v+1<<10)>>11, -1<<15), 1<<15-1)
			if used < 1<<8 {
				w[8*y+x] = int32(c[x] << 2)
			}
		}
	}
	for y := range 8 {
		o := pass16([8]int32(w[8*y : 8*y+8]))
		for x, v := range o {
			dst[y*stride+x] = clamp((v+1<<17)>>18 + 128)
		}
	}
}

// pass16 is pass in libjpeg-turbo's arithmetic.
func pass16(i [8]int32) (o [8]int32) {
	wrap := func(v int32) int32 { return int32(int16(v)) }
	e2 := i[2]*c0541 + i[6]*(c0541-c1847)
	e3 := i[2]*(c0541+c0765) + i[6]*c0541
	e0 := wrap(i[0]+i[4]) << 13
	e1 := wrap(i[0]-i[4]) << 13
	z3, z4 := wrap(i[7]+i[3]), wrap(i[5]+i[1])
	z3, z4 = z3*(c1175-c1961)+z4*c1175, z3*c1175+z4*(c1175-c0390)
	b := [4]int32{
		i[1]*(c1501-c0899) - i[7]*c0899 + z4,
		i[3]*(c3072-c2562) - i[5]*c2562 + z3,
		i[5]*(c2053-c2562) - i[3]*c2562 + z4,
		i[7]*(c0298-c0899) - i[1]*c0899 + z3,
	}
	for k, a := range [4]int32{e0 + e3, e1 + e2, e1 - e2, e0 - e3} {
		o[k], o[7-k] = a+b[k], a-b[k]
	}
	return o
}

// fillBlock writes the samples of a block that are all the same.
func fillBlock(dst []uint8, stride int, v uint8) {
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], uint64(v)*0x0101010101010101)
	}
}
