package kernel

import "math"

// Softmax writes e^x / Σe^x over the channels of every pixel to dst, both
// [H, W, C]. The greatest value is subtracted first and the sum kept in float64,
// so no finite input overflows. A NaN or +Inf makes every channel of its pixel
// NaN. Dst may be src.
func Softmax(t *Team, dst, src Map) {
	src.check("softmax", "src")
	dst.checkShape("softmax", "dst", src.H, src.W, src.C)
	share(t, blocks(src.Pixels(), exponentials(src.C)), pair{dst, src}, pair.softmax)
}

// exponentials returns how many pixels of c channels make a block: an
// exponential takes about sixteen times as long as a simple step.
func exponentials(c int) int { return max(1, blockElements/16/c) }

func (m pair) softmax(_, i int) {
	p0, p1 := span(i, exponentials(m.src.C), m.src.Pixels())
	for p := p0; p < p1; p++ {
		x, y := m.src.pixel(p), m.dst.pixel(p)
		top := x[0]
		for _, v := range x {
			top = max(top, v)
		}
		var sum float64
		for c, v := range x {
			e := math.Exp(float64(v) - float64(top))
			sum += e
			y[c] = float32(e)
		}
		for c, e := range y {
			y[c] = float32(float64(e) / sum)
		}
	}
}
