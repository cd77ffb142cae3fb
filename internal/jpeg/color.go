package jpeg

import "github.com/cairnml/cairn/internal/kernel/pixel"

// colorFunc turns lines of components into RGB.
type colorFunc func(l pixel.Loops, dst []uint8, rows *[4][]uint8)

func converter(m ColorModel) colorFunc {
	switch m {
	case Gray:
		return func(l pixel.Loops, dst []uint8, r *[4][]uint8) { l.Interleave(dst, r[0], r[0], r[0]) }
	case YCbCr:
		return func(l pixel.Loops, dst []uint8, r *[4][]uint8) { l.YCbCr(dst, r[0], r[1], r[2]) }
	case RGB:
		return func(l pixel.Loops, dst []uint8, r *[4][]uint8) { l.Interleave(dst, r[0], r[1], r[2]) }
	case CMYK:
		return fromCMYK
	}
	return fromYCCK
}

// fromCMYK takes what is stored as inverted, as Pillow does, whatever an Adobe
// segment says.
func fromCMYK(l pixel.Loops, dst []uint8, rows *[4][]uint8) {
	l.Interleave(dst, rows[0], rows[1], rows[2])
	for i, k := range rows[3][:len(dst)/3] {
		p := dst[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = ink(p[0], k), ink(p[1], k), ink(p[2], k)
	}
}

func fromYCCK(l pixel.Loops, dst []uint8, rows *[4][]uint8) {
	l.YCbCr(dst, rows[0], rows[1], rows[2])
	for i, k := range rows[3][:len(dst)/3] {
		p := dst[3*i : 3*i+3 : 3*i+3]
		p[0], p[1], p[2] = ink(^p[0], k), ink(^p[1], k), ink(^p[2], k)
	}
}

// ink is how bright a channel with stored ink c is under stored black k: the
// product of both, rounded as Pillow's conversion does.
func ink(c, k uint8) uint8 {
	t := uint32(^c)*uint32(k) + 128
	return uint8(max(int32(k)-int32((t>>8+t)>>8), 0))
}
