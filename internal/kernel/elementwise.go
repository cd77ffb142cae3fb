package kernel

import "fmt"

// perPixel returns how many pixels of c channels make a block.
func perPixel(c int) int { return max(1, blockElements/c) }

// Affine writes act(scale[c]·src + shift[c]) to dst, both [H, W, C]; scale and
// shift have C values. Dst may be src.
func Affine(t *Team, dst, src Map, scale, shift []float32, act Activation) {
	src.check("affine", "src")
	dst.checkShape("affine", "dst", src.H, src.W, src.C)
	if len(scale) != src.C || len(shift) != src.C {
		panic(fmt.Sprintf("kernel: affine: want %d scales and shifts, got %d and %d", src.C, len(scale), len(shift)))
	}
	share(t, blocks(src.Pixels(), perPixel(src.C)), affine{dst, src, scale, shift, act}, affine.block)
}

type affine struct {
	dst, src     Map
	scale, shift []float32
	act          Activation
}

func (a affine) block(_, i int) {
	p0, p1 := span(i, perPixel(a.src.C), a.src.Pixels())
	for p := p0; p < p1; p++ {
		y := a.dst.pixel(p)
		scaleShift(y, a.src.pixel(p), a.scale, a.shift)
		a.act.apply(y)
	}
}

// scaleShift sets every dst[c] to scale[c]·x[c] + shift[c].
func scaleShift(dst, x, scale, shift []float32) {
	x, scale, shift = x[:len(dst)], scale[:len(dst)], shift[:len(dst)]
	for c := range dst {
		dst[c] = scale[c]*x[c] + shift[c]
	}
}

// Activate writes act(src) to dst, both [H, W, C]. Dst may be src.
func Activate(t *Team, dst, src Map, act Activation) {
	src.check("activate", "src")
	dst.checkShape("activate", "dst", src.H, src.W, src.C)
	share(t, blocks(src.Pixels(), perPixel(src.C)), activate{dst, src, act}, activate.block)
}

type activate struct {
	dst, src Map
	act      Activation
}

func (a activate) block(_, i int) {
	p0, p1 := span(i, perPixel(a.src.C), a.src.Pixels())
	for p := p0; p < p1; p++ {
		y := a.dst.pixel(p)
		copy(y, a.src.pixel(p))
		a.act.apply(y)
	}
}

// Add writes act(srcs[0] + srcs[1] + …), added in that order, to dst; all are
// [H, W, C] and there is at least one. Dst may be srcs[0].
func Add(t *Team, dst Map, srcs []Map, act Activation) {
	if len(srcs) == 0 {
		panic("kernel: add: want at least one map, got none")
	}
	dst.check("add", "dst")
	for i := range srcs {
		srcs[i].checkShape("add", "src", dst.H, dst.W, dst.C)
	}
	share(t, blocks(dst.Pixels(), perPixel(dst.C)), sum{dst, srcs, act}, sum.block)
}

type sum struct {
	dst  Map
	srcs []Map
	act  Activation
}

func (s sum) block(_, i int) {
	p0, p1 := span(i, perPixel(s.dst.C), s.dst.Pixels())
	for p := p0; p < p1; p++ {
		y := s.dst.pixel(p)
		copy(y, s.srcs[0].pixel(p))
		for _, src := range s.srcs[1:] {
			add(y, src.pixel(p))
		}
		s.act.apply(y)
	}
}

// Multiply writes x·y to dst, both x and dst [H, W, C]; y is [H, W, C] or
// [1, 1, C], which multiplies every pixel. Dst may be x, and may be y where
// their shapes are the same.
func Multiply(t *Team, dst, x, y Map) {
	x.check("multiply", "x")
	dst.checkShape("multiply", "dst", x.H, x.W, x.C)
	if y.H == 1 && y.W == 1 {
		y.checkShape("multiply", "y", 1, 1, x.C)
	} else {
		y.checkShape("multiply", "y", x.H, x.W, x.C)
	}
	share(t, blocks(x.Pixels(), perPixel(x.C)), factors{dst, x, y}, factors.block)
}

type factors struct{ dst, x, y Map }

func (f factors) block(_, i int) {
	p0, p1 := span(i, perPixel(f.x.C), f.x.Pixels())
	for p := p0; p < p1; p++ {
		q := p
		if f.y.Pixels() == 1 {
			q = 0
		}
		d, x, y := f.dst.pixel(p), f.x.pixel(p), f.y.pixel(q)
		d, y = d[:len(x)], y[:len(x)]
		for c, v := range x {
			d[c] = v * y[c]
		}
	}
}
