package pixel

// inverseDCT16 is the transform for blocks whose numbers can leave 16 bits,
// which only damaged or very noisy data have. As in libjpeg-turbo's x86 code,
// sums of two inputs wrap around at 16 bits, and what a pass makes is clamped to
// 16 bits, but wraps around if there are no rows but the first.
func inverseDCT16(c *Block, used uint64, dst []uint8, stride int) {
	var w [64]int32
	for i, x := range columnOrder {
		p := c[2*i:]
		o := pass16([8]int32{int32(p[0]), int32(p[33]), int32(p[16]), int32(p[48]), int32(p[1]), int32(p[49]), int32(p[17]), int32(p[32])})
		for y, v := range o {
			w[8*y+x] = min(max((v+round1)>>11, -1<<15), 1<<15-1)
			if used&^firstRow == 0 {
				w[8*y+x] = int32(p[0] << 2)
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

// pass16 is the transform of 8 numbers, times 2^13.
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
