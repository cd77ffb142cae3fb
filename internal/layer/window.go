package layer

import "fmt"

// Window is the geometry that convolutions and pools share. Pairs are height
// then width.
type Window struct {
	Size     [2]int // of the kernel or pool
	Stride   [2]int
	Dilation [2]int
	Same     bool   // Keras's padding="same"
	Pad      [4]int // top, bottom, left, right, when Same is false
}

// Padding returns the rows and columns to add around an h × w map: top, bottom,
// left, right. For "same" it is TensorFlow's rule: the output has
// ceil(in/stride) positions and the odd pixel goes to the bottom and right.
func (g Window) Padding(h, w int) [4]int {
	if !g.Same {
		return g.Pad
	}
	top, bottom := samePadding(h, g.Size[0], g.Stride[0], g.Dilation[0])
	left, right := samePadding(w, g.Size[1], g.Stride[1], g.Dilation[1])
	return [4]int{top, bottom, left, right}
}

func samePadding(in, size, stride, dilation int) (before, after int) {
	out := (in + stride - 1) / stride
	total := max((out-1)*stride+(size-1)*dilation+1-in, 0)
	return total / 2, total - total/2
}

// Out returns the size of the output for an h × w map.
func (g Window) Out(h, w int) (int, int, error) {
	if min(g.Size[0], g.Size[1], g.Stride[0], g.Stride[1], g.Dilation[0], g.Dilation[1]) < 1 {
		return 0, 0, fmt.Errorf("size %v, stride %v, dilation %v: want at least 1", g.Size, g.Stride, g.Dilation)
	}
	if (g.Stride[0] > 1 || g.Stride[1] > 1) && (g.Dilation[0] > 1 || g.Dilation[1] > 1) {
		return 0, 0, fmt.Errorf("stride %v with dilation %v: only one of them may be above 1", g.Stride, g.Dilation)
	}
	p := g.Padding(h, w)
	for _, n := range p {
		if n < 0 {
			return 0, 0, fmt.Errorf("padding %v: want none below 0", p)
		}
	}
	outH := h + p[0] + p[1] - (g.Size[0]-1)*g.Dilation[0] - 1
	outW := w + p[2] + p[3] - (g.Size[1]-1)*g.Dilation[1] - 1
	if outH < 0 || outW < 0 {
		return 0, 0, fmt.Errorf("a %d×%d map with padding %v is smaller than the %d×%d window (dilation %v)",
			h, w, p, g.Size[0], g.Size[1], g.Dilation)
	}
	return outH/g.Stride[0] + 1, outW/g.Stride[1] + 1, nil
}
