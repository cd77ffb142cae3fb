package kernel

import "fmt"

// Geometry says which pixels of a map a window covers. Pairs are height then
// width. A zero in Kernel, Stride or Dilation means 1, so the zero value is a
// 1×1 window over every pixel.
type Geometry struct {
	Kernel   [2]int
	Stride   [2]int
	Dilation [2]int
	Pad      [4]int // pixels added at the top, bottom, left and right
}

// Out returns the height and width of the output for an input of h×w pixels:
// floor((size + pads − (kernel−1)·dilation − 1)/stride) + 1, and 0 where the
// window does not fit.
func (g Geometry) Out(h, w int) (int, int) {
	g = g.normal()
	return g.out(0, h), g.out(1, w)
}

func (g Geometry) out(axis, size int) int {
	room := size + g.Pad[2*axis] + g.Pad[2*axis+1] - (g.Kernel[axis]-1)*g.Dilation[axis] - 1
	if room < 0 {
		return 0
	}
	return room/g.Stride[axis] + 1
}

// normal returns g with the zeros that mean 1 filled in. It panics on negative numbers.
func (g Geometry) normal() Geometry {
	for axis := range 2 {
		for _, v := range []*int{&g.Kernel[axis], &g.Stride[axis], &g.Dilation[axis]} {
			if *v == 0 {
				*v = 1
			}
			if *v < 0 {
				panic(fmt.Sprintf("kernel: geometry: want no negative number, got %+v", g))
			}
		}
	}
	if min(g.Pad[0], g.Pad[1], g.Pad[2], g.Pad[3]) < 0 {
		panic(fmt.Sprintf("kernel: geometry: want no negative padding, got %v", g.Pad))
	}
	return g
}

func (g Geometry) taps() int { return g.Kernel[0] * g.Kernel[1] }

// pointwise tells whether output pixel p depends on input pixel p alone.
func (g Geometry) pointwise() bool {
	return g.Kernel == [2]int{1, 1} && g.Stride == [2]int{1, 1} && g.Pad == [4]int{}
}

// inside returns, for output position o on an axis of an input of that size,
// the input position of the first tap (negative in the padding) and the taps
// [from, to) that lie inside the input.
func (g Geometry) inside(axis, o, size int) (first, from, to int) {
	d, k := g.Dilation[axis], g.Kernel[axis]
	first = o*g.Stride[axis] - g.Pad[2*axis]
	if first < 0 {
		from = min((d-1-first)/d, k)
	}
	switch {
	case first+(k-1)*d < size:
		to = k
	case first < size:
		to = (size-1-first)/d + 1
	}
	return first, from, max(from, to)
}
