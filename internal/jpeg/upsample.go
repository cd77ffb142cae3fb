package jpeg

// liner makes lines of a component in the width of the picture, or wider.
type liner struct {
	plane   *plane
	w, rows int // real samples, beyond which nothing is looked at
	hx, vx  int // pixels for a sample
	kind    upsampling
	buf     []uint8
}

// upsampling is how samples become pixels. Each component has its own, as in
// libjpeg.
type upsampling int

const (
	replicate  upsampling = iota
	whole                 // a sample is a pixel
	triangleH             // 2:1 across: 3 parts of the near sample, 1 of the far one
	triangleV             // 2:1 down
	triangleHV            // both
)

func newLiner(f *frame, c *component, p *plane) liner {
	l := liner{plane: p, w: c.w, rows: c.rows, hx: f.hMax / c.h, vx: f.vMax / c.v}
	switch {
	case l.hx == 1 && l.vx == 1:
		l.kind = whole
		return l
	case l.hx == 1 && l.vx == 2:
		l.kind = triangleV
	case l.hx == 2 && l.vx == 1 && l.w > 2:
		l.kind = triangleH
	case l.hx == 2 && l.vx == 2 && l.w > 2:
		l.kind = triangleHV
	}
	l.buf = make([]uint8, l.w*l.hx)
	return l
}

// line makes the pixels of row y.
func (l *liner) line(y int) []uint8 {
	near := l.near(y)
	switch l.kind {
	case whole:
		return near
	case triangleH:
		acrossLine(l.buf, near, near, roundAcross)
	case triangleV:
		// Rounding goes up in the lower row and down in the upper one.
		downLine(l.buf, near, l.far(y), 1+y&1)
	case triangleHV:
		acrossLine(l.buf, near, l.far(y), roundBoth)
	default:
		for x := range l.buf {
			l.buf[x] = near[x/l.hx]
		}
	}
	return l.buf
}

// near is the row of samples that pixel row y belongs to.
func (l *liner) near(y int) []uint8 { return l.plane.row(y / l.vx)[:l.w] }

// far is the other row of samples beside pixel row y: the one above for even
// rows, else the one below.
func (l *liner) far(y int) []uint8 {
	r := y/2 - 1 + y&1*2
	return l.plane.row(min(max(r, 0), l.rows-1))[:l.w]
}

// acrossLine doubles the width of 3 × near + far: each pixel is 3 parts of its
// sample and 1 of the next one on its side, divided by 16 after adding half,
// which is other for even and for odd pixels.
func acrossLine(dst, near, far []uint8, half rounding) {
	n := len(near)
	dst, far = dst[:2*n], far[:n]
	a := 3*uint32(near[0]) + uint32(far[0])
	dst[0] = uint8((4*a + half.even) >> 4)
	for x := 1; x < n; x++ {
		b := 3*uint32(near[x]) + uint32(far[x])
		dst[2*x-1] = uint8((3*a + b + half.odd) >> 4)
		dst[2*x] = uint8((3*b + a + half.even) >> 4)
		a = b
	}
	dst[2*n-1] = uint8((4*a + half.odd) >> 4)
}

// rounding is what is added in sixteenths before they are cut off.
type rounding struct{ even, odd uint32 }

var (
	roundBoth   = rounding{8, 7}
	roundAcross = rounding{4, 8}
)

func downLine(dst, near, far []uint8, round int) {
	for x := range dst {
		dst[x] = uint8((3*int(near[x]) + int(far[x]) + round) >> 2)
	}
}
