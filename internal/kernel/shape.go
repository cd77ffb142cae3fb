package kernel

import "fmt"

// Copy writes src to dst, both [H, W, C]. Dst may be src.
func Copy(t *Team, dst, src Map) {
	src.check("copy", "src")
	dst.checkShape("copy", "dst", src.H, src.W, src.C)
	share(t, blocks(src.Pixels(), perPixel(src.C)), pair{dst, src}, pair.copy)
}

// Concat writes the channels of srcs, maps [H, W, Cᵢ], side by side to dst
// [H, W, ΣCᵢ]. The maps must not overlap, but a map that is its own channel range
// of dst already is allowed and costs no time.
func Concat(t *Team, dst Map, srcs []Map) {
	dst.check("concat", "dst")
	at := 0
	for i := range srcs {
		at += srcs[i].C
	}
	if at != dst.C {
		panic(fmt.Sprintf("kernel: concat: want maps of %d channels together, got %d", dst.C, at))
	}
	at = 0
	for _, src := range srcs {
		to := dst.Channels(at, at+src.C)
		at += src.C
		if len(src.Data) > 0 && &src.Data[0] == &to.Data[0] && src.Stride == to.Stride {
			continue
		}
		Copy(t, to, src)
	}
}

// Pad writes src [H, W, C] with a border of zeros to dst
// [top+H+bottom, left+W+right, C]; pad is top, bottom, left and right, as in
// [Geometry]. The maps must not overlap.
func Pad(t *Team, dst, src Map, pad [4]int) {
	g := Geometry{Pad: pad}.normal()
	src.check("pad", "src")
	h, w := g.Out(src.H, src.W)
	dst.checkShape("pad", "dst", h, w, src.C)
	lines := max(1, blockElements/(dst.W*dst.C))
	share(t, blocks(dst.H, lines), frame{pair{dst, src}, pad, lines}, frame.block)
}

type pair struct{ dst, src Map }

func (m pair) copy(_, i int) {
	p0, p1 := span(i, perPixel(m.src.C), m.src.Pixels())
	m.copyPixels(p0, p0, p1-p0)
}

// copyPixels copies n pixels from pixel p of src on to pixel q of dst.
func (m pair) copyPixels(q, p, n int) {
	if m.dst.compact() && m.src.compact() {
		c := m.src.C
		copy(m.dst.Data[q*c:(q+n)*c], m.src.Data[p*c:])
		return
	}
	for i := range n {
		copy(m.dst.pixel(q+i), m.src.pixel(p+i))
	}
}

type frame struct {
	pair
	pad   [4]int
	lines int // of dst in a block
}

func (f frame) block(_, i int) {
	y0, y1 := span(i, f.lines, f.dst.H)
	for y := y0; y < y1; y++ {
		q, x := y*f.dst.W, f.dst.W
		if from := y - f.pad[0]; from >= 0 && from < f.src.H {
			x = f.pad[2]
			f.copyPixels(q+x, from*f.src.W, f.src.W)
			f.clear(q+x+f.src.W, f.pad[3])
		}
		f.clear(q, x)
	}
}

// clear sets n pixels of dst to zero, from pixel q on.
func (f frame) clear(q, n int) {
	for i := range n {
		clear(f.dst.pixel(q + i))
	}
}
