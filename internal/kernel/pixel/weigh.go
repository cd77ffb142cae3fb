package pixel

// Precision is how many bits of weights lie after the point: products with bytes
// and two bits more for overflow fill 32.
const Precision = 32 - 8 - 2

const half = 1 << (Precision - 1)

func clip(v int32) uint8 { return uint8(max(0, min(v>>Precision, 255))) }

// Taps are the source positions that one position is made of, from First on, and
// their weights times 2^[Precision].
type Taps struct {
	First   int
	Weights []int32
}

// WeighDown makes a row of weighted rows: dst[i] is the sum of weights[k] ×
// src[k × stride + i], rounded, 0 to 255.
func (l Loops) WeighDown(dst, src []uint8, stride int, weights []int32) {
	if l.weighDownFast(dst, src, stride, weights) {
		return
	}
	var room [256]int32
	for i := 0; i < len(dst); i += len(room) {
		sums := room[:min(len(room), len(dst)-i)]
		for j := range sums {
			sums[j] = half
		}
		row := func(k int) []uint8 { return src[k*stride+i:] }
		k, w := 0, weights
		for ; len(w) >= 4; k, w = k+4, w[4:] {
			addFour(sums, [4]int32(w), row(k), row(k+1), row(k+2), row(k+3))
		}
		if len(w) >= 2 {
			addTwo(sums, [2]int32(w), row(k), row(k+1))
			k, w = k+2, w[2:]
		}
		if len(w) == 1 {
			addTwo(sums, [2]int32{w[0], 0}, row(k), row(k))
		}
		for j, v := range sums {
			dst[i+j] = clip(v)
		}
	}
}

func addFour(sums []int32, w [4]int32, a, b, c, d []uint8) {
	a, b, c, d = a[:len(sums)], b[:len(sums)], c[:len(sums)], d[:len(sums)]
	for i := range sums {
		sums[i] += int32(a[i])*w[0] + int32(b[i])*w[1] + int32(c[i])*w[2] + int32(d[i])*w[3]
	}
}

func addTwo(sums []int32, w [2]int32, a, b []uint8) {
	a, b = a[:len(sums)], b[:len(sums)]
	for i := range sums {
		sums[i] += int32(a[i])*w[0] + int32(b[i])*w[1]
	}
}
