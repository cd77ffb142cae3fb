package resample

import (
	"image"
	"math"
)

// TensorFlow hands out the rows of a picture of width×height pixels as
// tf.image.resize with method bilinear makes them of the cropped part: two
// source pixels a direction even where it shrinks, in float32, not rounded. Rows
// come from several goroutines, and are valid during the call.
func TensorFlow(src Picture, crop image.Rectangle, width, height int, emit func(y int, row []float32)) {
	columns, rows := lerpsOf(max(crop.Dx(), 1), width), lerpsOf(max(crop.Dy(), 1), height)
	inParallel(height, 24*width, func(from, to int) {
		row := make([]float32, 3*width)
		for y := from; y < to; y++ {
			r := rows[y]
			upper, lower := src.row(crop.Min.Y + r.low)[3*crop.Min.X:], src.row(crop.Min.Y + r.high)[3*crop.Min.X:]
			for x, c := range columns {
				for i := range 3 {
					top := c.between(float32(upper[3*c.low+i]), float32(upper[3*c.high+i]))
					bottom := c.between(float32(lower[3*c.low+i]), float32(lower[3*c.high+i]))
					row[3*x+i] = r.between(top, bottom)
				}
			}
			emit(y, row)
		}
	})
}

// A lerp is a place between two source positions.
type lerp struct {
	low, high int
	share     float32 // of high
}

// between is rounded after each operation.
func (l lerp) between(low, high float32) float32 { return low + float32((high-low)*l.share) }

func lerpsOf(in, out int) []lerp {
	list := make([]lerp, out)
	scale := float32(in) / float32(out)
	for i := range list {
		x := float32((float32(i)+0.5)*scale) - 0.5
		floor := math.Floor(float64(x))
		list[i] = lerp{
			low:   min(max(int(floor), 0), in-1),
			high:  max(min(int(math.Ceil(float64(x))), in-1), 0),
			share: x - float32(floor),
		}
	}
	return list
}
