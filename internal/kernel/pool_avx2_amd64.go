//go:build !purego

package kernel

func (p poolLine) maximum(impl Implementation) {
	if n := p.vectors(impl); n > 0 {
		maximumWindows(&p.dst[0], &p.src[0], p.ldd, p.ldx, p.line, p.tap, p.lines, p.taps, p.pixels, n)
		if n*vector == p.n {
			return
		}
		p = p.tail(n * vector)
	}
	p.maximumGo()
}

func (p poolLine) average(impl Implementation) {
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

// vectors returns how many vectors of channels assembly does, after a check that
// the last pixel and the last tap are there.
func (p poolLine) vectors(impl Implementation) int {
	if impl == Go || p.pixels == 0 {
		return 0
	}
	last := p.pixels - 1
	_, _ = p.dst[last*p.ldd+p.n-1], p.src[last*p.ldx+(p.lines-1)*p.line+(p.taps-1)*p.tap+p.n-1]
	return p.n / vector
}

// maximumWindows and averageWindows are poolLine for 8·vectors channels; scale is
// nil if there is no prologue, and count is the number of taps.

//go:noescape
func maximumWindows(dst, src *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors int)

//go:noescape
func averageWindows(dst, src, scale, shift *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors, flags int, limit, count float32)
