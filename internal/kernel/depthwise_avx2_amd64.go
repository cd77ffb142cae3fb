//go:build !purego

package kernel

// depthwisePixels is the least number of pixels for depthwiseLine, as in gen.
const depthwisePixels = 6

// middle computes the pixels of line y that have all columns of the window
// inside src, and returns them as [x0, x1); none where assembly can't. They are
// the same sums in the same order as those of the other pixels.
func (d depthwise) middle(y int) (x0, x1 int) {
	flags, all := d.layer.act.flags()
	n := d.dst.C
	if d.impl == Go || d.layer.multiplier > 1 || n%vector != 0 || !all {
		return 0, 0
	}
	g := d.geometry
	x0 = blocks(g.Pad[2], g.Stride[1])
	if room := d.src.W + g.Pad[2] - (g.Kernel[1]-1)*g.Dilation[1] - 1; room >= 0 {
		x1 = min(room/g.Stride[1]+1, d.dst.W)
	}
	first, ky0, ky1 := g.inside(0, y, d.src.H)
	if x1-x0 < depthwisePixels || ky0 >= ky1 {
		return 0, 0
	}
	line := g.Dilation[0] * d.src.W * d.src.Stride
	at := ((first+ky0*g.Dilation[0])*d.src.W + x0*g.Stride[1] - g.Pad[2]) * d.src.Stride
	tap, step := g.Dilation[1]*d.src.Stride, g.Stride[1]*d.src.Stride
	// The last value that is read.
	_ = d.src.Data[at+(x1-x0-1)*step+(ky1-ky0-1)*line+(g.Kernel[1]-1)*tap+n-1]
	r := d.line(y, x0, x1)
	_ = r.dst[(r.rows-1)*r.ldd+n-1]
	done := wideChannels(d.impl, n)
	weights := d.layer.weights[ky0*g.Kernel[1]*n:]
	if done > 0 {
		depthwiseLineAVX512(&r.dst[0], &d.src.Data[at], &weights[0], &d.layer.bias[0],
			r.ldd, step, tap, line, n, ky1-ky0, g.Kernel[1], r.rows, done/wide, flags, d.layer.act.Max)
	}
	if done < n {
		depthwiseLine(&r.dst[done], &d.src.Data[at+done], &weights[done], &d.layer.bias[done],
			r.ldd, step, tap, line, n, ky1-ky0, g.Kernel[1], r.rows, (n-done)/vector, flags, d.layer.act.Max)
	}
	return x0, x1
}

// depthwiseLine convolves depthwisePixels or more in a line, each channel of 8·vectors,
// or AVX-512's of 16·vectors, by itself,
// with height×width taps: line and tap apart in x, ldw apart in w. The windows of
// neighbours are ldx apart.
//
//go:noescape
func depthwiseLine(dst, x, w, bias *float32, ldd, ldx, tap, line, ldw, height, width, pixels, vectors, flags int, limit float32)

//go:noescape
func depthwiseLineAVX512(dst, x, w, bias *float32, ldd, ldx, tap, line, ldw, height, width, pixels, vectors, flags int, limit float32)
