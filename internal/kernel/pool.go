package kernel

import "math"

// MaxPool writes the maximum of every window to dst [H', W', C], from src
// [H, W, C]. The padding counts as -Inf; a NaN in a window makes NaN; of +0 and
// -0 the greater is +0. The maps must not overlap.
func MaxPool(t *Team, dst, src Map, g Geometry) {
	g = g.normal()
	w := newWindow("max pool", g, dst, src, src.C)
	share(t, w.blocks(), w, window.maximum)
}

// AveragePool writes the mean of every window to dst [H', W', C], from src
// [H, W, C]. The padding is not counted, as in Keras's "same"; a window that
// lies in the padding alone gives 0. The maps must not overlap.
func AveragePool(t *Team, dst, src Map, g Geometry) {
	g = g.normal()
	w := newWindow("average pool", g, dst, src, src.C)
	share(t, w.blocks(), w, window.average)
}

func (w window) maximum(_, i int) {
	y0, y1 := span(i, w.lines, w.dst.H)
	for p := y0 * w.dst.W; p < y1*w.dst.W; p++ {
		t := w.at(p/w.dst.W, p%w.dst.W)
		dst := w.dst.pixel(p)
		fill(dst, float32(math.Inf(-1)))
		for ky := t.ky0; ky < t.ky1 && t.kx0 < t.kx1; ky++ {
			x, step := w.line(t, ky)
			for k := range t.kx1 - t.kx0 {
				maximum(dst, x[k*step:])
			}
		}
	}
}

func (w window) average(_, i int) {
	y0, y1 := span(i, w.lines, w.dst.H)
	for p := y0 * w.dst.W; p < y1*w.dst.W; p++ {
		t := w.at(p/w.dst.W, p%w.dst.W)
		dst := w.dst.pixel(p)
		clear(dst)
		for ky := t.ky0; ky < t.ky1 && t.kx0 < t.kx1; ky++ {
			x, step := w.line(t, ky)
			for k := range t.kx1 - t.kx0 {
				add(dst, x[k*step:])
			}
		}
		if n := (t.ky1 - t.ky0) * (t.kx1 - t.kx0); n > 1 {
			divide(dst, float32(n))
		}
	}
}

// GlobalAverage writes the mean of every channel over all pixels to dst
// [1, 1, C], from src [H, W, C]. The maps must not overlap.
func GlobalAverage(t *Team, dst, src Map) {
	shareGlobal(t, "global average", dst, src, global.average)
}

// GlobalMax writes the maximum of every channel over all pixels to dst
// [1, 1, C], from src [H, W, C], with the rules of MaxPool. The maps must not
// overlap.
func GlobalMax(t *Team, dst, src Map) {
	shareGlobal(t, "global max", dst, src, global.maximum)
}

// global is one run of a reduction over all pixels.
type global struct {
	dst, src Map
	channels int // of a block
}

// cacheLine is how many float32s two workers should be apart.
const cacheLine = 16

func shareGlobal(t *Team, kernel string, dst, src Map, do func(g global, worker, i int)) {
	src.check(kernel, "src")
	dst.checkShape(kernel, "dst", 1, 1, src.C)
	channels := max(1, blockElements/src.Pixels()/cacheLine) * cacheLine
	share(t, blocks(src.C, channels), global{dst, src, channels}, do)
}

func (g global) average(_, i int) {
	c0, c1 := span(i, g.channels, g.src.C)
	dst := g.dst.Data[c0:c1]
	clear(dst)
	for p := range g.src.Pixels() {
		add(dst, g.src.pixel(p)[c0:])
	}
	divide(dst, float32(g.src.Pixels()))
}

func (g global) maximum(_, i int) {
	c0, c1 := span(i, g.channels, g.src.C)
	dst := g.dst.Data[c0:c1]
	fill(dst, float32(math.Inf(-1)))
	for p := range g.src.Pixels() {
		maximum(dst, g.src.pixel(p)[c0:])
	}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}

// add adds the first values of x to dst.
func add(dst, x []float32) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += v
	}
}

// maximum raises dst to the first values of x where those are greater or NaN.
func maximum(dst, x []float32) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] = max(dst[i], v)
	}
}

func divide(dst []float32, by float32) {
	for i := range dst {
		dst[i] /= by
	}
}
