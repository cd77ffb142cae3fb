package resample

import (
	"image"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// Nearest hands out the rows of a picture of width×height pixels, each the
// source pixel under its centre. Rows come from several goroutines, and are
// valid during the call.
func Nearest(src Picture, crop image.Rectangle, width, height int, emit func(y int, row []uint8)) {
	columns := nearestOf(crop.Min.X, crop.Dx(), width, src.Width)
	rows := nearestOf(crop.Min.Y, crop.Dy(), height, src.Height)
	loops := pixel.Best()
	inParallel(height, 3*width, func(from, to int) {
		row := make([]uint8, 3*width)
		for y := from; y < to; y++ {
			if y == from || rows[y] != rows[y-1] {
				loops.Pick(row, src.row(int(rows[y])), columns)
			}
			emit(y, row)
		}
	})
}

// nearestOf returns which source position each of out positions takes, of in
// positions from start on, below size.
//
// Pillow adds the step up in float64 instead of multiplying, and the rounding
// errors matter: at 500 → 331 one column differs from floor((2i+1)·in/(2·out)).
func nearestOf(start, in, out, size int) []int32 {
	index := make([]int32, out)
	step := float64(in) / float64(out)
	x := float64(start) + float64(step*0.5)
	for i := range index {
		index[i] = int32(min(int(x), size-1))
		x += step
	}
	return index
}
