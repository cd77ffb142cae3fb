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
// [H, W, C], whose values pass the prologue before if that is not nil. The padding
// is not counted, as in Keras's "same"; a window that lies in the padding alone
// gives 0. The maps must not overlap.
func AveragePool(t *Team, dst, src Map, g Geometry, prologue *Prologue) {
	g = g.normal()
	w := newWindow(t.impl, "average pool", g, dst, src, src.C)
	checkPrologue("average pool", prologue, src.C)
	share(t, w.blocks(), averaging{w, prologue.orNone()}, averaging.block)
}

func (w window) maximum(_, i int) {
	lowest := float32(math.Inf(-1))
	w.eachStrip(i, func(pixel []float32) { fill(pixel, lowest) }, func(s strip) {
		pooling{s, Prologue{}}.maximum(w.impl)
	})
}

// averaging is one run of AveragePool.
type averaging struct {
	window
	prologue Prologue
}

func (a averaging) block(_, i int) {
	a.eachStrip(i, func(pixel []float32) { clear(pixel) }, func(s strip) {
		pooling{s, a.prologue}.average(a.impl)
	})
}

// GlobalAverage writes the mean of every channel over all pixels to dst
// [1, 1, C], from src [H, W, C], whose values pass the prologue before if that is
// not nil. The maps must not overlap.
func GlobalAverage(t *Team, dst, src Map, prologue *Prologue) {
	checkPrologue("global average", prologue, src.C)
	shareGlobal(t, "global average", dst, src, prologue.orNone(), global.average)
}

// GlobalMax writes the maximum of every channel over all pixels to dst
// [1, 1, C], from src [H, W, C], with the rules of MaxPool. The maps must not
// overlap.
func GlobalMax(t *Team, dst, src Map) {
	shareGlobal(t, "global max", dst, src, Prologue{}, global.maximum)
}

// global is one run of a pool of all pixels.
type global struct {
	impl     Implementation
	dst, src Map
	prologue Prologue
	channels int // of a block
}

// cacheLine is how many float32s two workers should be apart.
const cacheLine = 16

func shareGlobal(t *Team, kernel string, dst, src Map, prologue Prologue, do func(g global, worker, i int)) {
	src.check(kernel, "src")
	dst.checkShape(kernel, "dst", 1, 1, src.C)
	channels := max(1, blockElements/src.Pixels()/cacheLine) * cacheLine
	share(t, blocks(src.C, channels), global{t.impl, dst, src, prologue, channels}, do)
}

func (g global) average(_, i int) {
	g.window(i).average(g.impl)
}

func (g global) maximum(_, i int) {
	g.window(i).maximum(g.impl)
}

// window returns the channels of block i as a pool of one window.
func (g global) window(i int) pooling {
	c0, c1 := span(i, g.channels, g.src.C)
	return pooling{strip{
		dst: g.dst.Data[c0:], src: g.src.Data[c0:], line: g.src.W * g.src.Stride, tap: g.src.Stride,
		pixels: 1, n: c1 - c0, lines: g.src.H, taps: g.src.W,
	}, g.prologue.from(c0)}
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
