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
		v := inParts(y[i], uint32(cb[i])|uint32(cr[i])<<16)
		if v&overMask != overRight {
			v = clampParts(v)
		}
		binary.LittleEndian.PutUint32(dst[3*i:], pack(v))
	}
	putPixel(dst[3*n:], y[n], uint32(cb[n])|uint32(cr[n])<<16)
}

// fromYCbCr2 interpolates chroma as acrossLine does while converting a line of
// pixels. In the numbers a and b is Cb in the lower 16 bits, Cr in the upper.
func fromYCbCr2(dst, y []uint8, cb, cr nearFar, half rounding) {
	n := len(cb.near)
	y = y[:len(dst)/3]
	cbNear, cbFar, crNear, crFar := cb.near[:n], cb.far[:n], cr.near[:n], cr.far[:n]
	even, odd := half.even*(1+1<<16), half.odd*(1+1<<16)
	a := 3*uint32(cbNear[0]) + uint32(cbFar[0]) + (3*uint32(crNear[0])+uint32(crFar[0]))<<16
	left, x := a, 0
	for ; 2*x+2 < len(y)-1; x++ {
		b := 3*uint32(cbNear[x+1]) + uint32(cbFar[x+1]) + (3*uint32(crNear[x+1])+uint32(crFar[x+1]))<<16
		u := inParts(y[2*x], (3*a+left+even)>>4)
		v := inParts(y[2*x+1], (3*a+b+odd)>>4)
		if (u^overRight)&overMask|(v^overRight)&overMask != 0 {
			u, v = clampParts(u), clampParts(v)
		}
		binary.LittleEndian.PutUint64(dst[6*x:], uint64(pack(u))|uint64(pack(v))<<24)
		left, a = a, b
	}
	// Of the last 1 to 3 pixels, one of the column before can be left.
	for ; x < n; x++ {
		b := a
		if x+1 < n {
			b = 3*uint32(cbNear[x+1]) + uint32(cbFar[x+1]) + (3*uint32(crNear[x+1])+uint32(crFar[x+1]))<<16
		}
		putPixel(dst[6*x:], y[2*x], (3*a+left+even)>>4)
		if 2*x+1 < len(y) {
			putPixel(dst[6*x+3:], y[2*x+1], (3*a+b+odd)>>4)
		}
		left, a = a, b
	}
}

// nearFar are the two lines of samples on both sides of a line of pixels.
type nearFar struct{ near, far []uint8 }

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

// inParts converts a pixel to that form. Cb is in bits 0 to 7 of chroma, Cr in
// 16 to 23.
func inParts(y uint8, chroma uint32) uint64 {
	return uint64(y)*lumaPart + cbParts[uint8(chroma)] + crParts[uint8(chroma>>16)]
}

// clampParts limits each part to 256 + 0 to 255.
func clampParts(v uint64) uint64 {
	part := func(shift int) uint64 { return uint64(clamp(int32(v>>shift&0xffff)-256)) << shift }
	return overRight | part(0) | part(16) | part(48)
}

// pack makes three bytes of parts that need no clamping: red in bits 0 to 7,
// green in 8 to 15, blue in 16 to 23.
func pack(v uint64) uint32 { return uint32(v)&0xff00ff | uint32(v>>40)&0xff00 }

func toRGB(y uint8, chroma uint32) uint32 { return pack(clampParts(inParts(y, chroma))) }

func putPixel(dst []uint8, y uint8, chroma uint32) {
	p := toRGB(y, chroma)
	dst[0], dst[1], dst[2] = uint8(p), uint8(p>>8), uint8(p>>16)
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
		p := ^toRGB(y, uint32(cb[i])|uint32(cr[i])<<16)
		dst[3*i], dst[3*i+1], dst[3*i+2] = ink(uint8(p), k[i]), ink(uint8(p>>8), k[i]), ink(uint8(p>>16), k[i])
	}
}

// ink is how bright a channel with stored ink c is under stored black k: the
// product of both, rounded as Pillow's conversion does.
func ink(c, k uint8) uint8 {
	t := int32(^c)*int32(k) + 128
	return clamp(int32(k) - (t>>8+t)>>8)
}
