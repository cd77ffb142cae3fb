package jpeg

import "github.com/cairnml/cairn/internal/kernel/pixel"

// liner makes lines of a component in the width of the picture, or wider.
type liner struct {
	plane   *plane
	w, rows int // real samples, beyond which nothing is looked at
	hx, vx  int // pixels for a sample
	kind    upsampling
	loops   pixel.Loops
	buf     []uint8
	sums    []uint16
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

func newLiner(f *frame, c *component, p *plane, loops pixel.Loops) liner {
	l := liner{plane: p, loops: loops, w: c.w, rows: c.rows, hx: f.hMax / c.h, vx: f.vMax / c.v}
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
	l.sums = make([]uint16, l.w+2)
	return l
}

// line makes the pixels of row y.
func (l *liner) line(y int) []uint8 {
	near := l.near(y)
	switch l.kind {
	case whole:
		return near
	case triangleH:
		l.loops.Across(l.buf, near, near, l.sums, pixel.RoundAcross)
	case triangleV:
		// Rounding goes up in the lower row and down in the upper one.
		l.loops.Down(l.buf, near, l.far(y), 1+y&1)
	case triangleHV:
		l.loops.Across(l.buf, near, l.far(y), l.sums, pixel.RoundBoth)
	default:
		for i := range l.hx {
			for x, v := range near {
				l.buf[x*l.hx+i] = v
			}
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
