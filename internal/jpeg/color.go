package jpeg

import "encoding/binary"

// converter returns the function that turns lines of components into RGB.
func converter(m ColorModel) func(dst []uint8, rows *[4][]uint8) {
	switch m {
	case Gray:
		return fromGray
	case YCbCr:
		return fromYCbCr
	case RGB:
		return fromRGB
	case CMYK:
		return fromCMYK
	}
	return fromYCCK
}

func fromGray(dst []uint8, rows *[4][]uint8) {
	for i, v := range rows[0][:len(dst)/3] {
		dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
	}
}

func fromRGB(dst []uint8, rows *[4][]uint8) {
	n := len(dst) / 3
	g, b := rows[1][:n], rows[2][:n]
	for i, r := range rows[0][:n] {
		dst[3*i], dst[3*i+1], dst[3*i+2] = r, g[i], b[i]
	}
}

func fromYCbCr(dst []uint8, rows *[4][]uint8) {
	n := len(dst)/3 - 1
	y, cb, cr := rows[0][:n+1], rows[1][:n+1], rows[2][:n+1]
	for i := range n {
		binary.LittleEndian.PutUint32(dst[3*i:], pack(y[i], uint32(cb[i])|uint32(cr[i])<<16))
	}
	putPixel(dst[3*n:], pack(y[n], uint32(cb[n])|uint32(cr[n])<<16))
}

// fromYCbCr2 interpolates chroma as acrossLine does while converting a line of
// pixels. In the numbers a and b is Cb in the lower 16 bits, Cr in the upper.
func fromYCbCr2(dst, y []uint8, cb, cr nearFar, half rounding) {
	n := len(cb.near)
	y = y[:len(dst)/3]
	cbFar, crNear, crFar := cb.far[:n], cr.near[:n], cr.far[:n]
	even, odd := half.even*(1+1<<16), half.odd*(1+1<<16)
	a := 3*uint32(cb.near[0]) + uint32(cbFar[0]) + (3*uint32(crNear[0])+uint32(crFar[0]))<<16
	left := a
	for x := 1; x < n; x++ {
		b := 3*uint32(cb.near[x]) + uint32(cbFar[x]) + (3*uint32(crNear[x])+uint32(crFar[x]))<<16
		o := dst[6*x-6 : 6*x+1]
		p := y[2*x-2 : 2*x]
		binary.LittleEndian.PutUint32(o, pack(p[0], (3*a+left+even)>>4))
		binary.LittleEndian.PutUint32(o[3:], pack(p[1], (3*a+b+odd)>>4))
		left, a = a, b
	}
	i := 2*n - 2
	putPixel(dst[3*i:], pack(y[i], (3*a+left+even)>>4))
	if i+1 < len(y) {
		putPixel(dst[3*i+3:], pack(y[i+1], (4*a+odd)>>4))
	}
}

// nearFar are the two lines of samples on both sides of a line of pixels.
type nearFar struct{ near, far []uint8 }

func putPixel(dst []uint8, p uint32) {
	dst[0], dst[1], dst[2] = uint8(p), uint8(p>>8), uint8(p>>16)
}

// What luma and chroma add to a pixel, in one number: red + 256 in bits 0 to 15,
// blue + 256 in 16 to 31, green + 256 in 48 to 63 with its fraction below. The
// 256 keeps the sums from being negative. Bits 8 and 9 of each tell whether it
// has to be clamped.
var cbParts, crParts = chromaParts()

const (
	lumaPart  = 1 | 1<<16 | 1<<48
	overMask  = 0x300 * lumaPart
	overRight = 0x100 * lumaPart
)

// chromaParts uses libjpeg's constants, times 2^16.
func chromaParts() (cb, cr [256]uint64) {
	const half = 1 << 15
	for i := range 256 {
		v := int64(i) - 128
		cb[i] = uint64((116130*v+half)>>16+256)<<16 + uint64(256<<16+half-22554*v)<<32
		cr[i] = uint64((91881*v+half)>>16+256) - uint64(46802*v)<<32
	}
	return cb, cr
}

// pack converts a pixel: red in bits 0 to 7, then green, then blue. Cb is in
// bits 0 to 7 of chroma, Cr in 16 to 23.
func pack(y uint8, chroma uint32) uint32 {
	v := uint64(y)*lumaPart + cbParts[uint8(chroma)] + crParts[uint8(chroma>>16)]
	if v&overMask != overRight {
		return packClamped(v)
	}
	return uint32(v)&0xff00ff | uint32(v>>40)&0xff00
}

//go:noinline
func packClamped(v uint64) uint32 {
	part := func(v uint64) uint32 { return uint32(clamp(int32(v&0xffff) - 256)) }
	return part(v) | part(v>>48)<<8 | part(v>>16)<<16
}

// fromCMYK takes what is stored as inverted, as Pillow does, whatever an Adobe
// segment says.
func fromCMYK(dst []uint8, rows *[4][]uint8) {
	n := len(dst) / 3
	m, y, k := rows[1][:n], rows[2][:n], rows[3][:n]
	for i, c := range rows[0][:n] {
		dst[3*i], dst[3*i+1], dst[3*i+2] = ink(c, k[i]), ink(m[i], k[i]), ink(y[i], k[i])
	}
}

func fromYCCK(dst []uint8, rows *[4][]uint8) {
	n := len(dst) / 3
	cb, cr, k := rows[1][:n], rows[2][:n], rows[3][:n]
	for i, y := range rows[0][:n] {
		p := ^pack(y, uint32(cb[i])|uint32(cr[i])<<16)
		dst[3*i], dst[3*i+1], dst[3*i+2] = ink(uint8(p), k[i]), ink(uint8(p>>8), k[i]), ink(uint8(p>>16), k[i])
	}
}

// ink is how bright a channel with stored ink c is under stored black k: the
// product of both, rounded as Pillow's conversion does.
func ink(c, k uint8) uint8 {
	t := int32(^c)*int32(k) + 128
	return clamp(int32(k) - (t>>8+t)>>8)
}
