package kernel

import "math"

// pooling is the pool of a strip.
type pooling struct {
	strip
	prologue Prologue // of what averages read; none without Scale
}

// eachTap calls do for the channels [c0, c1) of the taps of pixel i, in order.
func (p pooling) eachTap(i, c0, c1 int, do func(x []float32)) {
	for y := range p.lines {
		for x := range p.taps {
			at := i*p.ldx + y*p.line + x*p.tap
			do(p.src[at+c0 : at+c1])
		}
	}
}

func (p pooling) maximumGo() {
	for i := range p.pixels {
		dst := p.dst[i*p.ldd:][:p.n]
		fill(dst, float32(math.Inf(-1)))
		p.eachTap(i, 0, p.n, func(x []float32) {
			for c, v := range x {
				dst[c] = max(dst[c], v)
			}
		})
	}
}

func (p pooling) averageGo() {
	const most = 64 // channels at a time
	var normal [most]float32
	for i := range p.pixels {
		for c0 := 0; c0 < p.n; c0 += most {
			c1 := min(c0+most, p.n)
			dst := p.dst[i*p.ldd:][c0:c1]
			clear(dst)
			p.eachTap(i, c0, c1, func(x []float32) {
				if q := p.prologue; q.Scale != nil {
					r := rowwise{dst: normal[:], x: x, rows: 1, n: len(x), act: q.Activation}
					r.scaleShiftGo(q.Scale[c0:], q.Shift[c0:])
					x = normal[:len(x)]
				}
				for c, v := range x {
					dst[c] += v
				}
			})
			divide(dst, float32(p.lines*p.taps))
		}
	}
}

// tail returns what is left after the first n channels.
func (p pooling) tail(n int) pooling {
	p.dst, p.src, p.n = p.dst[n:], p.src[n:], p.n-n
	p.prologue = p.prologue.from(n)
	return p
}
