package resample

import "image"

// Pillow hands out the rows of a picture of width×height pixels that a filter
// makes, in two passes with a picture of bytes between them. Rows come from
// several goroutines, and are valid during the call.
func Pillow(src Picture, crop image.Rectangle, width, height int, f Filter, emit func(y int, row []uint8)) {
	across := crop.Dx() != width || crop.Min.X != 0 || src.Width != width
	down := crop.Dy() != height || crop.Min.Y != 0 || src.Height != height
	shrink := src.Height - height
	switch {
	case !across && !down:
		for y := range height {
			emit(y, src.row(y))
		}
	case !down:
		passAcross(src, 0, tapsOf(f, crop.Min.X, crop.Dx(), width, src.Width), height, emit)
	case !across:
		passDown(src, tapsOf(f, crop.Min.Y, crop.Dy(), height, src.Height), emit)
	case shrink > 0 && shrink > 2*(src.Width-width): // since Pillow 13
		between := Picture{make([]uint8, 3*src.Width*height), src.Width, height}
		passDown(src, tapsOf(f, crop.Min.Y, crop.Dy(), height, src.Height), func(y int, row []uint8) { copy(between.row(y), row) })
		passAcross(between, 0, tapsOf(f, crop.Min.X, crop.Dx(), width, src.Width), height, emit)
	default:
		rows := tapsOf(f, crop.Min.Y, crop.Dy(), height, src.Height)
		first, last := rows[0].first, rows[height-1] // rows that are needed
		between := Picture{Width: width, Height: last.first + len(last.weights) - first}
		between.Pix = make([]uint8, 3*width*between.Height)
		passAcross(src, first, tapsOf(f, crop.Min.X, crop.Dx(), width, src.Width), between.Height, func(y int, row []uint8) { copy(between.row(y), row) })
		for i := range rows {
			rows[i].first -= first
		}
		passDown(between, rows, emit)
	}
}

const half = 1 << (precision - 1)

// passAcross makes rows of other widths from n rows, the first one at top.
func passAcross(src Picture, top int, columns []taps, n int, emit func(y int, row []uint8)) {
	touched := 0
	for _, c := range columns {
		touched += 3 * len(c.weights)
	}
	inParallel(n, touched, func(from, to int) {
		row := make([]uint8, 3*len(columns))
		for y := from; y < to; y++ {
			line := src.row(top + y)
			for x, c := range columns {
				r, g, b := int32(half), int32(half), int32(half)
				s := line[3*c.first:]
				s = s[:3*len(c.weights)]
				for _, w := range c.weights {
					r += int32(s[0]) * w
					g += int32(s[1]) * w
					b += int32(s[2]) * w
					s = s[3:]
				}
				d := row[3*x : 3*x+3 : 3*x+3]
				d[0], d[1], d[2] = clip(r), clip(g), clip(b)
			}
			emit(y, row)
		}
	})
}

// passDown makes other numbers of rows.
func passDown(src Picture, rows []taps, emit func(y int, row []uint8)) {
	touched := 3 * src.Width * len(rows[len(rows)/2].weights)
	inParallel(len(rows), touched, func(from, to int) {
		row := make([]uint8, 3*src.Width)
		sums := make([]int32, 3*src.Width)
		for y := from; y < to; y++ {
			for i := range sums {
				sums[i] = half
			}
			for i, w := range rows[y].weights {
				for j, v := range src.row(rows[y].first + i) {
					sums[j] += int32(v) * w
				}
			}
			for j, v := range sums {
				row[j] = clip(v)
			}
			emit(y, row)
		}
	})
}

func clip(v int32) uint8 { return uint8(max(0, min(v>>precision, 255))) }
