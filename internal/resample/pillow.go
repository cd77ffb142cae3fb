package resample

import (
	"image"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// Pillow hands out the rows of a picture of width×height pixels that a filter
// makes, in two passes with a picture of bytes between them. Rows come from
// several goroutines, and are valid during the call.
func Pillow(src Picture, crop image.Rectangle, width, height int, f Filter, emit func(y int, row []uint8)) {
	pillow(src, crop, width, height, f, pixel.Best(), emit)
}

func pillow(src Picture, crop image.Rectangle, width, height int, f Filter, l pixel.Loops, emit func(y int, row []uint8)) {
	across, down := across(src, crop, width), down(src, crop, height)
	columns := func() []pixel.Taps { return tapsOf(f, crop.Min.X, crop.Dx(), width, src.Width) }
	rows := func() []pixel.Taps { return tapsOf(f, crop.Min.Y, crop.Dy(), height, src.Height) }
	switch {
	case !across && !down:
		for y := range height {
			emit(y, src.row(y))
		}
	case !down:
		passAcross(src, 0, columns(), height, l, emit)
	case !across:
		passDown(src, rows(), l, emit)
	case downFirst(src, width, height):
		between := Picture{make([]uint8, 3*src.Width*height), src.Width, height}
		passDown(src, rows(), l, func(y int, row []uint8) { copy(between.row(y), row) })
		passAcross(between, 0, columns(), height, l, emit)
	default:
		rows := rows()
		first, last := rows[0].First, rows[height-1] // rows that are needed
		between := Picture{Width: width, Height: last.First + len(last.Weights) - first}
		between.Pix = make([]uint8, 3*width*between.Height)
		passAcross(src, first, columns(), between.Height, l, func(y int, row []uint8) { copy(between.row(y), row) })
		for i := range rows {
			rows[i].First -= first
		}
		passDown(between, rows, l, emit)
	}
}

// across and down say whether a pass is needed.
func across(src Picture, crop image.Rectangle, width int) bool {
	return crop.Dx() != width || crop.Min.X != 0 || src.Width != width
}

func down(src Picture, crop image.Rectangle, height int) bool {
	return crop.Dy() != height || crop.Min.Y != 0 || src.Height != height
}

// downFirst says which of both passes comes first, since Pillow 13.
func downFirst(src Picture, width, height int) bool {
	shrink := src.Height - height
	return shrink > 0 && shrink > 2*(src.Width-width)
}

// passAcross makes rows of other widths from n rows, the first one at top.
func passAcross(src Picture, top int, taps []pixel.Taps, n int, l pixel.Loops, emit func(y int, row []uint8)) {
	touched := 0
	for _, t := range taps {
		touched += 3 * len(t.Weights)
	}
	columns := l.NewColumns(taps, src.Width)
	inParallel((n+1)/2, touched, func(from, to int) {
		w := columns.NewWeigher()
		for y := 2 * from; y < min(2*to, n); y += 2 {
			upper, lower := w.Weigh(src.row(top+y), src.row(top+min(y+1, n-1)))
			emit(y, upper)
			if y+1 < n {
				emit(y+1, lower)
			}
		}
	})
}

// passDown makes other numbers of rows.
func passDown(src Picture, taps []pixel.Taps, l pixel.Loops, emit func(y int, row []uint8)) {
	touched := 3 * src.Width * len(taps[len(taps)/2].Weights)
	inParallel(len(taps), touched, func(from, to int) {
		row := make([]uint8, 3*src.Width)
		for y := from; y < to; y++ {
			t := taps[y]
			l.WeighDown(row, src.Pix[3*src.Width*t.First:], 3*src.Width, t.Weights)
			emit(y, row)
		}
	})
}
