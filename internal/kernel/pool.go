package kernel

import "math"

// MaxPool writes the maximum of every window to dst [H', W', C], from src
// [H, W, C]. The padding counts as -Inf; a NaN in a window makes NaN; of +0 and
// -0 the greater is +0. The maps must not overlap.
func MaxPool(t *Team, dst, src Map, g Geometry) {
	g = g.normal()
	w := newWindow(t.impl, "max pool", g, dst, src, src.C)
	share(t, w.blocks(), w, window.maximum)
}

// AveragePool writes the mean of every window to dst [H', W', C], from src
// [H, W, C]. The padding is not counted, as in Keras's "same"; a window that
// lies in the padding alone gives 0. The maps must not overlap.
func AveragePool(t *Team, dst, src Map, g Geometry) {
	g = g.normal()
	w := newWindow(t.impl, "average pool", g, dst, src, src.C)
	share(t, w.blocks(), w, window.average)
}

func (w window) maximum(_, i int) {
	y0, y1 := span(i, w.lines, w.dst.H)
	for y := y0; y < y1; y++ {
		for x := range w.dst.W {
			fill(w.dst.pixel(y*w.dst.W+x), float32(math.Inf(-1)))
		}
		w.eachTap(y, func(_, x0, x1 int, src []float32) {
			r := w.line(y, x0, x1)
			r.x, r.ldx = src, w.geometry.Stride[1]*w.src.Stride
			r.maximum(w.impl)
		})
	}
}

func (w window) average(_, i int) {
	y0, y1 := span(i, w.lines, w.dst.H)
	for y := y0; y < y1; y++ {
		for x := range w.dst.W {
			clear(w.dst.pixel(y*w.dst.W + x))
		}
		w.eachTap(y, func(_, x0, x1 int, src []float32) {
			r := w.line(y, x0, x1)
			r.x, r.ldx = src, w.geometry.Stride[1]*w.src.Stride
			r.add(w.impl)
		})
		_, ky0, ky1 := w.geometry.inside(0, y, w.src.H)
		for x := range w.dst.W {
			_, kx0, kx1 := w.geometry.inside(1, x, w.src.W)
			if n := (ky1 - ky0) * (kx1 - kx0); n > 1 {
				divide(w.dst.pixel(y*w.dst.W+x), float32(n))
			}
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
	impl     Implementation
	dst, src Map
	channels int // of a block
}

// cacheLine is how many float32s two workers should be apart.
const cacheLine = 16

func shareGlobal(t *Team, kernel string, dst, src Map, do func(g global, worker, i int)) {
	src.check(kernel, "src")
	dst.checkShape(kernel, "dst", 1, 1, src.C)
	channels := max(1, blockElements/src.Pixels()/cacheLine) * cacheLine
	share(t, blocks(src.C, channels), global{t.impl, dst, src, channels}, do)
}

func (g global) average(_, i int) {
	r := g.rows(i)
	clear(r.dst)
	r.add(g.impl)
	divide(r.dst, float32(g.src.Pixels()))
}

func (g global) maximum(_, i int) {
	r := g.rows(i)
	fill(r.dst, float32(math.Inf(-1)))
	r.maximum(g.impl)
}

// rows returns a kernel that goes over all pixels for the channels of block i,
// dst being the same for all.
func (g global) rows(i int) rowwise {
	c0, c1 := span(i, g.channels, g.src.C)
	dst := g.dst.Data[c0:c1]
	return rowwise{dst: dst, x: g.src.Data[c0:], y: dst, ldx: g.src.Stride, rows: g.src.Pixels(), n: c1 - c0}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}

func divide(dst []float32, by float32) {
	for i := range dst {
		dst[i] /= by
	}
}
