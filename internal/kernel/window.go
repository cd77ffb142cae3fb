package kernel

// window is one run of a kernel that slides over the pixels of src with the
// channels kept apart: a depthwise convolution or a pool.
type window struct {
	impl     Implementation
	geometry Geometry
	dst, src Map
	lines    int // of dst in a block
}

// blockElements is how many values a block of a simple kernel reads or writes:
// some 50 to 100 µs of plain Go.
const blockElements = 1 << 17

func newWindow(impl Implementation, kernel string, g Geometry, dst, src Map, channels int) window {
	h, w := g.Out(src.H, src.W)
	src.check(kernel, "src")
	dst.checkShape(kernel, "dst", h, w, channels)
	return window{impl, g, dst, src, max(1, blockElements/(w*channels*g.taps()))}
}

func (w window) blocks() int { return blocks(w.dst.H, w.lines) }

// strip is some pixels of a line whose windows have the same taps inside src:
// lines × taps of them, at least one, from tap first of the kernel on.
type strip struct {
	dst, src           []float32 // the first pixel, and the first tap of its window
	ldd, ldx           int       // from pixel to pixel, and from window to window
	line, tap          int       // from a line of taps to the next, and from tap to tap
	pixels, n          int       // n channels of dst
	lines, taps, first int
}

// eachStrip calls do for the strips of block i, and empty for the pixels whose
// windows lie in the padding alone.
func (w window) eachStrip(i int, empty func(pixel []float32), do func(s strip)) {
	g := w.geometry
	y0, y1 := span(i, w.lines, w.dst.H)
	for y := y0; y < y1; y++ {
		above, ky0, ky1 := g.inside(0, y, w.src.H)
		for x0, x1 := 0, 0; x0 < w.dst.W; x0 = x1 {
			left, kx0, kx1 := g.inside(1, x0, w.src.W)
			for x1 = x0 + 1; x1 < w.dst.W; x1++ {
				if _, from, to := g.inside(1, x1, w.src.W); from != kx0 || to != kx1 {
					break
				}
			}
			if ky0 >= ky1 || kx0 >= kx1 {
				for x := x0; x < x1; x++ {
					empty(w.dst.pixel(y*w.dst.W + x))
				}
				continue
			}
			at := (above+ky0*g.Dilation[0])*w.src.W + left + kx0*g.Dilation[1]
			do(strip{
				dst: w.dst.Data[(y*w.dst.W+x0)*w.dst.Stride:], ldd: w.dst.Stride,
				src: w.src.Data[at*w.src.Stride:], ldx: g.Stride[1] * w.src.Stride,
				line: g.Dilation[0] * w.src.W * w.src.Stride, tap: g.Dilation[1] * w.src.Stride,
				pixels: x1 - x0, n: w.dst.C, lines: ky1 - ky0, taps: kx1 - kx0, first: ky0*g.Kernel[1] + kx0,
			})
		}
	}
}
