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

// line returns the pixels [x0, x1) of line y of dst as rows, with themselves as
// their x and y.
func (w window) line(y, x0, x1 int) rowwise {
	at := w.dst.Data[(y*w.dst.W+x0)*w.dst.Stride:]
	n := w.dst.Stride
	return rowwise{dst: at, x: at, y: at, ldd: n, ldx: n, ldy: n, rows: x1 - x0, n: w.dst.C}
}

// eachTap calls do for the taps of the windows of line y, tap by tap: with the
// pixels [x0, x1) whose windows have the tap inside src, and src from there on,
// where the next pixel's is Stride[1]·src.Stride away.
func (w window) eachTap(y int, do func(tap, x0, x1 int, src []float32)) {
	g := w.geometry
	first, ky0, ky1 := g.inside(0, y, w.src.H)
	for ky := ky0; ky < ky1; ky++ {
		for kx := range g.Kernel[1] {
			at := kx*g.Dilation[1] - g.Pad[2] // of the tap of pixel 0
			x0 := 0
			if at < 0 {
				x0 = min((g.Stride[1]-1-at)/g.Stride[1], w.dst.W)
			}
			x1 := 0
			if at < w.src.W {
				x1 = min((w.src.W-1-at)/g.Stride[1]+1, w.dst.W)
			}
			if x0 < x1 {
				p := (first+ky*g.Dilation[0])*w.src.W + at + x0*g.Stride[1]
				do(ky*g.Kernel[1]+kx, x0, x1, w.src.Data[p*w.src.Stride:])
			}
		}
	}
}
