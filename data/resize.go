package data

import "fmt"

// Interpolation is how a resized photo gets its pixels.
type Interpolation uint8

// Nearest takes the source pixel under the centre of each new pixel, exactly
// as Pillow and so keras.utils.load_img do unless told otherwise.
const Nearest Interpolation = 0

// String returns Keras's name.
func (i Interpolation) String() string {
	if i == Nearest {
		return "nearest"
	}
	return fmt.Sprintf("Interpolation(%d)", uint8(i))
}

// Resize returns a copy of a photo with another size in pixels,
// [Height, Width, 3] → [height, width, 3]. The aspect ratio is not kept. A size
// below 1, an empty photo or an unknown interpolation give an empty photo.
func (p *RGB) Resize(width, height int, by Interpolation) *RGB {
	if width < 1 || height < 1 || p.Width < 1 || p.Height < 1 || by != Nearest {
		return &RGB{}
	}
	q := newRGB(width, height)
	if width == p.Width && height == p.Height {
		copy(q.Pix, p.Pix)
		return q
	}
	columns, rows := nearest(p.Width, width), nearest(p.Height, height)
	for y, from := range rows {
		src := p.Pix[3*from*p.Width : 3*(from+1)*p.Width]
		dst := q.Pix[3*y*width : 3*(y+1)*width]
		for x, c := range columns {
			copy(dst[3*x:3*x+3], src[3*c:3*c+3])
		}
	}
	return q
}

// nearest returns which of in source positions each of out positions takes.
//
// Pillow adds the step up in float64 instead of multiplying, and the rounding
// errors matter: at 500 → 331 one column differs from floor((2i+1)·in/(2·out)).
func nearest(in, out int) []int {
	index := make([]int, out)
	step := float64(in) / float64(out)
	x := step * 0.5
	for i := range index {
		index[i] = min(int(x), in-1)
		x += step
	}
	return index
}
