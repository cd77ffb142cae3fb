package pixel

// Rounding is what [Loops.Across] adds to sixteenths before it cuts them off, to
// those of even and of odd pixels.
type Rounding struct{ even, odd uint16 }

// The roundings of libjpeg for chroma of half the width and of half the width and
// height.
var (
	RoundAcross = Rounding{4, 8}
	RoundBoth   = Rounding{8, 7}
)

// Across doubles the width of 3 × near + far, lines of n samples: each of the 2·n
// pixels of dst is 3 parts of its sample and 1 of the next one on its side, in
// sixteenths. Beyond the ends samples repeat. sums is room for n + 2 numbers.
func (l Loops) Across(dst, near, far []uint8, sums []uint16, r Rounding) {
	if l.acrossFast(dst, near, far, sums, r) {
		return
	}
	n := len(near)
	dst, far = dst[:2*n], far[:n]
	even, odd := uint32(r.even), uint32(r.odd)
	a := 3*uint32(near[0]) + uint32(far[0])
	dst[0] = uint8((4*a + even) >> 4)
	for x := 1; x < n; x++ {
		b := 3*uint32(near[x]) + uint32(far[x])
		dst[2*x-1] = uint8((3*a + b + odd) >> 4)
		dst[2*x] = uint8((3*b + a + even) >> 4)
		a = b
	}
	dst[2*n-1] = uint8((4*a + odd) >> 4)
}

// Down makes a line of 3 × near + far + round, in quarters.
func (l Loops) Down(dst, near, far []uint8, round int) {
	if l.downFast(dst, near, far, round) {
		return
	}
	near, far = near[:len(dst)], far[:len(dst)]
	for x := range dst {
		dst[x] = uint8((3*int(near[x]) + int(far[x]) + round) >> 2)
	}
}
