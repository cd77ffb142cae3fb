//go:build !purego

package kernel

func (p pooling) maximum(impl Implementation) {
	if n := p.vectors(impl); n > 0 {
		maximumWindows(&p.dst[0], &p.src[0], p.ldd, p.ldx, p.line, p.tap, p.lines, p.taps, p.pixels, n)
		if n*vector == p.n {
			return
		}
		p = p.tail(n * vector)
	}
	p.maximumGo()
}

func (p pooling) average(impl Implementation) {
	var scale, shift *float32
	var act Activation
	n := p.vectors(impl)
	if q := p.prologue; q.Scale != nil && n > 0 {
		scale, shift, act = &q.Scale[:p.n][0], &q.Shift[:p.n][0], q.Activation
	}
	if flags, all := act.flags(); n > 0 && all {
		averageWindows(&p.dst[0], &p.src[0], scale, shift, p.ldd, p.ldx, p.line, p.tap, p.lines, p.taps, p.pixels, n, flags, act.Max, float32(p.lines*p.taps))
		if n*vector == p.n {
			return
		}
		p = p.tail(n * vector)
	}
	p.averageGo()
}

// maximumWindows and averageWindows are the pools for 8·vectors channels; scale is
// nil if there is no prologue, and count is the number of taps.

//go:noescape
func maximumWindows(dst, src *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors int)

//go:noescape
func averageWindows(dst, src, scale, shift *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors, flags int, limit, count float32)
