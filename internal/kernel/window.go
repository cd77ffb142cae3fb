package kernel

// window is one run of a kernel that slides over the pixels of src with the
// channels kept apart: a depthwise convolution or a pool.
type window struct {
	geometry Geometry
	dst, src Map
	lines    int // of dst in a block
}

// blockElements is how many values a block of a simple kernel reads or writes:
// some 50 to 100 µs of plain Go.
const blockElements = 1 << 17

func newWindow(kernel string, g Geometry, dst, src Map, channels int) window {
	h, w := g.Out(src.H, src.W)
	src.check(kernel, "src")
	dst.checkShape(kernel, "dst", h, w, channels)
	return window{g, dst, src, max(1, blockElements/(w*channels*g.taps()))}
}

func (w window) blocks() int { return blocks(w.dst.H, w.lines) }

// taps is the part of a window that lies inside the map.
type taps struct {
	y, x               int // of the first tap in src, negative in the padding
	ky0, ky1, kx0, kx1 int
}

// at returns the taps of the output pixel at y, x.
func (w window) at(y, x int) (t taps) {
	t.y, t.ky0, t.ky1 = w.geometry.inside(0, y, w.src.H)
	t.x, t.kx0, t.kx1 = w.geometry.inside(1, x, w.src.W)
	return t
}

// line returns src from the first tap inside of line ky on; the taps that follow
// it are step apart.
func (w window) line(t taps, ky int) (x []float32, step int) {
	y := t.y + ky*w.geometry.Dilation[0]
	return w.src.Data[(y*w.src.W+t.x+t.kx0*w.geometry.Dilation[1])*w.src.Stride:], w.geometry.Dilation[1] * w.src.Stride
}
