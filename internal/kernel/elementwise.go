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
	share(t, blocks(src.Pixels(), perPixel(src.C)), affine{t.impl, dst, src, scale, shift, act}, affine.block)
}

type affine struct {
	impl         Implementation
	dst, src     Map
	scale, shift []float32
	act          Activation
}

func (a affine) block(_, i int) {
	p0, p1 := span(i, perPixel(a.src.C), a.src.Pixels())
	r := pixels(a.dst, a.src, p0, p1, a.act)
	r.rows, r.n = p1-p0, a.src.C
	r.scaleShift(a.impl, a.scale, a.shift)
}

// Activate writes act(src) to dst, both [H, W, C]. Dst may be src.
func Activate(t *Team, dst, src Map, act Activation) {
	src.check("activate", "src")
	dst.checkShape("activate", "dst", src.H, src.W, src.C)
	share(t, blocks(src.Pixels(), perPixel(src.C)), activate{t.impl, dst, src, act}, activate.block)
}

type activate struct {
	impl     Implementation
	dst, src Map
	act      Activation
}

func (a activate) block(_, i int) {
	p0, p1 := span(i, perPixel(a.src.C), a.src.Pixels())
	r := pixels(a.dst, a.src, p0, p1, a.act)
	r.activate(a.impl)
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
	share(t, blocks(dst.Pixels(), perPixel(dst.C)), sum{t.impl, dst, srcs, act}, sum.block)
}

type sum struct {
	impl Implementation
	dst  Map
	srcs []Map
	act  Activation
}

func (s sum) block(_, i int) {
	p0, p1 := span(i, perPixel(s.dst.C), s.dst.Pixels())
	if len(s.srcs) == 1 {
		r := pixels(s.dst, s.srcs[0], p0, p1, s.act)
		r.activate(s.impl)
		return
	}
	x := s.srcs[0]
	for j, y := range s.srcs[1:] {
		act := Activation{}
		if j == len(s.srcs)-2 {
			act = s.act
		}
		r := pixels2(s.dst, x, y, p0, p1, act)
		r.add(s.impl)
		x = s.dst
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
	share(t, blocks(x.Pixels(), perPixel(x.C)), factors{t.impl, dst, x, y}, factors.block)
}

type factors struct {
	impl      Implementation
	dst, x, y Map
}

func (f factors) block(_, i int) {
	p0, p1 := span(i, perPixel(f.x.C), f.x.Pixels())
	var r rowwise
	if f.y.Pixels() > 1 {
		r = pixels2(f.dst, f.x, f.y, p0, p1, Activation{})
	} else {
		r = pixels(f.dst, f.x, p0, p1, Activation{})
		r.rows, r.n, r.y = p1-p0, f.x.C, f.y.Data // the same row for all
	}
	r.multiply(f.impl)
}
