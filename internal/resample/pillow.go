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
//
// Two rows go together: a 64-bit number holds a value of each, half a word apart,
// so that one product with a weight is two. Sums stay within 32 bits with their
// sign, and what a negative lower one borrows from the upper one is given back in
// the end.
func passAcross(src Picture, top int, columns []taps, n int, emit func(y int, row []uint8)) {
	touched := 0
	for _, c := range columns {
		touched += 3 * len(c.weights)
	}
	inParallel((n+1)/2, touched, func(from, to int) {
		upper, lower := make([]uint8, 3*len(columns)), make([]uint8, 3*len(columns))
		both := make([]pixelPair, src.Width)
		for y := 2 * from; y < min(2*to, n); y += 2 {
			pair(both, src.row(top+y), src.row(top+min(y+1, n-1)))
			for x, c := range columns {
				r, g, b := int64(half<<32+half), int64(half<<32+half), int64(half<<32+half)
				pixels := both[c.first:][:len(c.weights)]
				for i, weight := range c.weights {
					p, w := &pixels[i], int64(weight)
					r += p[0] * w
					g += p[1] * w
					b += p[2] * w
				}
				u, l := upper[3*x:3*x+3:3*x+3], lower[3*x:3*x+3:3*x+3]
				u[0], l[0] = clipPair(r)
				u[1], l[1] = clipPair(g)
				u[2], l[2] = clipPair(b)
			}
			emit(y, upper)
			if y+1 < n {
				emit(y+1, lower)
			}
		}
	})
}

// A pixelPair is red, green and blue of two rows.
type pixelPair [3]int64

func pair(dst []pixelPair, upper, lower []uint8) {
	upper, lower = upper[:3*len(dst)], lower[:3*len(dst)]
	for x := range dst {
		u, l := upper[3*x:3*x+3:3*x+3], lower[3*x:3*x+3:3*x+3]
		dst[x] = pixelPair{int64(u[0]) | int64(l[0])<<32, int64(u[1]) | int64(l[1])<<32, int64(u[2]) | int64(l[2])<<32}
	}
}

func clipPair(v int64) (upper, lower uint8) {
	low := int32(v)
	return clip(low), clip(int32((v - int64(low)) >> 32))
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
			first, w := rows[y].first, rows[y].weights
			for len(w) >= 4 {
				addFour(sums, [4]int32(w), src.row(first), src.row(first+1), src.row(first+2), src.row(first+3))
				first, w = first+4, w[4:]
			}
			if len(w) >= 2 {
				addTwo(sums, [2]int32(w), src.row(first), src.row(first+1))
				first, w = first+2, w[2:]
			}
			if len(w) == 1 {
				addTwo(sums, [2]int32{w[0], 0}, src.row(first), src.row(first))
			}
			for j, v := range sums {
				row[j] = clip(v)
			}
			emit(y, row)
		}
	})
}

func addFour(sums []int32, w [4]int32, a, b, c, d []uint8) {
	a, b, c, d = a[:len(sums)], b[:len(sums)], c[:len(sums)], d[:len(sums)]
	for i := range sums {
		sums[i] += int32(a[i])*w[0] + int32(b[i])*w[1] + int32(c[i])*w[2] + int32(d[i])*w[3]
	}
}

func addTwo(sums []int32, w [2]int32, a, b []uint8) {
	a, b = a[:len(sums)], b[:len(sums)]
	for i := range sums {
		sums[i] += int32(a[i])*w[0] + int32(b[i])*w[1]
	}
}

func clip(v int32) uint8 { return uint8(max(0, min(v>>precision, 255))) }
