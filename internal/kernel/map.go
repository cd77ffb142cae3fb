package kernel

import "fmt"

// Map is a feature map of one photo: H·W pixels of C channels, row-major, pixel
// p = y·W + x starting at Data[p*Stride]. Stride ≥ C, so a map may be a channel
// range of a wider buffer, as in a dense block.
type Map struct {
	Data    []float32
	H, W, C int
	Stride  int // float32s from one pixel to the next
}

// NewMap returns a compact map of zeros, its Stride equal to c.
func NewMap(h, w, c int) Map {
	return Map{Data: make([]float32, h*w*c), H: h, W: w, C: c, Stride: c}
}

// Pixels returns H·W.
func (m Map) Pixels() int { return m.H * m.W }

// Channels returns the channels [from, to) of m as a map on the same memory.
func (m Map) Channels(from, to int) Map {
	if from < 0 || to < from || to > m.C {
		panic(fmt.Sprintf("kernel: channels: want a range within %d channels, got [%d, %d)", m.C, from, to))
	}
	m.C = to - from
	if len(m.Data) > 0 {
		m.Data = m.Data[from:]
	}
	return m
}

// pixel returns the channels of pixel p.
func (m Map) pixel(p int) []float32 {
	return m.Data[p*m.Stride:][:m.C]
}

// compact tells whether the pixels follow each other without a gap.
func (m Map) compact() bool { return m.Stride == m.C }

// check panics unless m is a valid map.
func (m Map) check(kernel, role string) {
	if m.H < 1 || m.W < 1 || m.C < 1 || m.Stride < m.C || len(m.Data) < (m.Pixels()-1)*m.Stride+m.C {
		panic(fmt.Sprintf("kernel: %s: %s: want a map whose data hold its pixels, got [%d, %d, %d] with stride %d on %d values",
			kernel, role, m.H, m.W, m.C, m.Stride, len(m.Data)))
	}
}

// checkShape panics unless m is a valid map of the given shape.
func (m Map) checkShape(kernel, role string, h, w, c int) {
	if m.H != h || m.W != w || m.C != c {
		panic(fmt.Sprintf("kernel: %s: %s: want shape [%d, %d, %d], got [%d, %d, %d]",
			kernel, role, h, w, c, m.H, m.W, m.C))
	}
	m.check(kernel, role)
}
