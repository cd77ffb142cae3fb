//go:build !purego

package pixel

// Each method reports whether, or how far, it did the work of the one without
// Fast.

func (l Loops) inverseDCTFast(dst []uint8, stride int, blocks []Block, quant *[64]uint16) bool {
	const most = callWork / 30
	if !l.avx2 {
		return false
	}
	_ = dst[7*stride+8*len(blocks)-1]
	for len(blocks) > 0 {
		n := min(len(blocks), most)
		inverseDCTAVX2(&dst[0], stride, &blocks[0], n, quant)
		if blocks = blocks[n:]; len(blocks) > 0 {
			dst = dst[8*n:]
		}
	}
	return true
}

func (l Loops) acrossFast(dst, near, far []uint8, sums []uint16, r Rounding) bool {
	n := len(near)
	if !l.avx2 || n < 16 {
		return false
	}
	_, _, _ = dst[2*n-1], far[n-1], sums[n+1]
	acrossAVX2(&dst[0], &near[0], &far[0], &sums[0], n, uint64(r.even), uint64(r.odd))
	return true
}

func (l Loops) downFast(dst, near, far []uint8, round int) bool {
	n := len(dst)
	if !l.avx2 || n < 16 {
		return false
	}
	_, _ = near[n-1], far[n-1]
	downAVX2(&dst[0], &near[0], &far[0], n, uint64(round))
	return true
}

// pixels is how many the loops below make at a time.
const pixels = 32

func (l Loops) interleaveFast(dst, r, g, b []uint8) (done int) {
	return l.lines(interleaveAVX2, dst, r, g, b)
}

func (l Loops) yccFast(dst, y, cb, cr []uint8) (done int) {
	return l.lines(yccAVX2, dst, y, cb, cr)
}

// lines makes all pixels with run, the last ones twice if the number of pixels is
// odd, unless there are too few for that.
func (l Loops) lines(run func(dst, x, y, z *uint8, n int), dst, x, y, z []uint8) (done int) {
	n := len(dst) / 3
	if !l.avx2 || n < pixels {
		return 0
	}
	_, _, _ = x[n-1], y[n-1], z[n-1]
	run(&dst[0], &x[0], &y[0], &z[0], n/pixels*pixels)
	if rest := n - pixels; n%pixels != 0 {
		run(&dst[3*rest], &x[rest], &y[rest], &z[rest], pixels)
	}
	return n
}

func (w *Weigher) weighFast(dst, src []uint8) bool {
	if !w.loops.avx2 {
		return false
	}
	copy(w.padded, src[:3*w.width])
	n := len(w.taps)
	_ = dst[3*n]
	most := max(1, callWork/(w.groups+2))
	for i := 0; i < n; i += most {
		acrossWeighAVX2(&dst[3*i], &w.padded[0], &w.first[i], &w.weights[4*w.groups*i], min(most, n-i), w.groups)
	}
	return true
}

func (l Loops) pickFast(dst, src []uint8, columns []int32) (done int) {
	n := len(columns) / 4 * 4
	if !l.avx2 || n == 0 {
		return 0
	}
	_, _ = dst[3*n], src[3*columns[n-1]+3]
	pickAVX2(&dst[0], &src[0], &columns[0], n)
	return n
}

func (l Loops) weighDownFast(dst, src []uint8, stride int, weights []int32) bool {
	n := len(dst)
	if !l.avx2 || n < 32 || len(weights) == 0 {
		return false
	}
	_ = src[(len(weights)-1)*stride+n-1]
	most := max(1, callWork/len(weights)/4) * 32
	for i := 0; i < n; i += most {
		if n-i < 32 {
			i = n - 32
		}
		downWeighAVX2(&dst[i], &src[i], stride, min(most, n-i), &weights[0], len(weights))
	}
	return true
}

// inverseDCTAVX2 is InverseDCT for n blocks, n above 0.
//
//go:noescape
func inverseDCTAVX2(dst *uint8, stride int, blocks *Block, n int, quant *[64]uint16)

// acrossAVX2 is Across for n samples, 16 or more.
//
//go:noescape
func acrossAVX2(dst, near, far *uint8, sums *uint16, n int, even, odd uint64)

// downAVX2 is Down for n samples, 16 or more.
//
//go:noescape
func downAVX2(dst, near, far *uint8, n int, round uint64)

// interleaveAVX2 is Interleave for n pixels, a multiple of 32 above 0.
//
//go:noescape
func interleaveAVX2(dst, red, green, blue *uint8, n int)

// yccAVX2 is YCbCr for n pixels, a multiple of 32 above 0.
//
//go:noescape
func yccAVX2(dst, y, cb, cr *uint8, n int)

// acrossWeighAVX2 is one row of Weigher.Weigh, n pixels, above 0, each made of 4 × groups.
// It writes a byte more.
//
//go:noescape
func acrossWeighAVX2(dst, src *uint8, first, weights *int32, n, groups int)

// downWeighAVX2 is WeighDown for n bytes, 32 or more.
//
//go:noescape
func downWeighAVX2(dst, src *uint8, stride, n int, weights *int32, taps int)

// pickAVX2 copies n pixels, a multiple of 4 above 0. It writes a byte more.
//
//go:noescape
func pickAVX2(dst, src *uint8, columns *int32, n int)
