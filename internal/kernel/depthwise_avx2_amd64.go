//go:build !purego

package kernel

// depthwisePixels is the least number of pixels for depthwiseLine, as in gen.
const depthwisePixels = 6

// assembly computes whole vectors of channels and returns how many channels these
// are.
func (d *DepthwiseConv2D) assembly(s strip, impl Implementation) int {
	flags, all := d.act.flags()
	if impl == Go || d.multiplier > 1 || !all {
		return 0
	}
	n := s.vectors(impl) * vector
	if n == 0 {
		return 0
	}
	w := d.weights[s.first*s.n:]
	_ = w[((s.lines-1)*d.geometry.Kernel[1]+s.taps)*s.n-1]
	if s.taps < d.geometry.Kernel[1] || s.pixels < depthwisePixels {
		depthwiseWindows(&s.dst[0], &s.src[0], &w[0], &d.bias[0], s.ldd, s.ldx, s.line, s.tap, s.lines, s.taps, s.pixels, n/vector,
			s.n, (d.geometry.Kernel[1]-s.taps)*s.n, flags, d.act.Max)
		return n
	}
	most := max(callWork/(s.pixels*s.lines*s.taps), 1) // vectors of a call
	for c := 0; c < n; {
		line, width := depthwiseLine, vector
		if impl == AVX512 && n-c >= wide {
			line, width = depthwiseLineAVX512, wide
		}
		vectors := min((n-c)/width, most)
		line(&s.dst[c], &s.src[c], &w[c], &d.bias[c],
			s.ldd, s.ldx, s.tap, s.line, s.n, s.lines, s.taps, s.pixels, vectors, flags, d.act.Max)
		c += vectors * width
	}
	return n
}

// depthwiseWindows convolves any number of pixels, each channel of 8·vectors by
// itself; gap values of w lie between two lines of taps.
//
//go:noescape
func depthwiseWindows(dst, src, w, bias *float32, ldd, ldx, line, tap, lines, taps, pixels, vectors, ldw, gap, flags int, limit float32)

// depthwiseLine convolves depthwisePixels or more in a line, each channel of
// 8·vectors, or AVX-512's of 16·vectors, by itself, with height×width taps: line and
// tap apart in x, ldw apart in w. The windows of neighbours are ldx apart.
//
//go:noescape
func depthwiseLine(dst, x, w, bias *float32, ldd, ldx, tap, line, ldw, height, width, pixels, vectors, flags int, limit float32)

//go:noescape
func depthwiseLineAVX512(dst, x, w, bias *float32, ldd, ldx, tap, line, ldw, height, width, pixels, vectors, flags int, limit float32)
