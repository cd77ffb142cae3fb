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
	n := len(dst) / 3
	cb, cr := rows[1][:n], rows[2][:n]
	var chroma [256]uint32
	for x := 0; x < n; x += len(chroma) {
		c := chroma[:min(n-x, len(chroma))]
		u, v := cb[x:][:len(c)], cr[x:][:len(c)]
		for i := range c {
			c[i] = uint32(u[i]) | uint32(v[i])<<16
		}
		convert(dst[3*x:], rows[0][x:], c)
	}
}

// convert makes the pixels of some luma and chroma. Cb is in bits 0 to 7 of
// chroma, Cr in 16 to 23.
func convert(dst, luma []uint8, chroma []uint32) {
	n := len(chroma)
	if n == 0 {
		return
	}
	luma = luma[:n]
	for i, c := range chroma[:n-1] {
		v := uint64(luma[i])*lumaPart + cbParts[uint8(c)] + crParts[uint8(c>>16)]
		if v&overMask != overRight {
			v = clampParts(v)
		}
		binary.LittleEndian.PutUint32(dst[3*i:], pack(v))
	}
	p := toRGB(luma[n-1], chroma[n-1])
	dst = dst[3*n-3 : 3*n]
	dst[0], dst[1], dst[2] = uint8(p), uint8(p>>8), uint8(p>>16)
}

// fromYCbCr2 is fromYCbCr for chroma of half the width, which is interpolated as
// acrossLine does, Cb and Cr at once. sums and chroma are room for a line of
// samples and of pixels.
func fromYCbCr2(dst, luma []uint8, cb, cr nearFar, half rounding, sums, chroma []uint32) {
	sums = sums[:len(cb.near)]
	addColumns(sums, cb.near, cb.far)
	addColumnsHigh(sums, cr.near, cr.far)
	even, odd := half.even*(1+1<<16), half.odd*(1+1<<16)
	a := sums[0]
	chroma[0] = (4*a + even) >> 4
	pairs := chroma[1:]
	for _, b := range sums[1:] {
		pairs[0] = (3*a + b + odd) >> 4
		pairs[1] = (3*b + a + even) >> 4
		pairs = pairs[2:]
		a = b
	}
	pairs[0] = (4*a + odd) >> 4
	convert(dst, luma, chroma[:len(dst)/3])
}

// addColumns makes 3 × near + far.
func addColumns(dst []uint32, near, far []uint8) {
	near, far = near[:len(dst)], far[:len(dst)]
	for i := range dst {
		dst[i] = 3*uint32(near[i]) + uint32(far[i])
	}
}

// addColumnsHigh adds 3 × near + far in the upper 16 bits.
func addColumnsHigh(dst []uint32, near, far []uint8) {
	near, far = near[:len(dst)], far[:len(dst)]
	for i := range dst {
		dst[i] += (3*uint32(near[i]) + uint32(far[i])) << 16
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

// clampParts limits each part to 256 + 0 to 255.
func clampParts(v uint64) uint64 {
	part := func(shift int) uint64 { return uint64(clamp(int32(v>>shift&0xffff)-256)) << shift }
	return overRight | part(0) | part(16) | part(48)
}

// pack makes three bytes of parts that need no clamping: red in bits 0 to 7,
// green in 8 to 15, blue in 16 to 23.
func pack(v uint64) uint32 { return uint32(v)&0xff00ff | uint32(v>>40)&0xff00 }

// toRGB converts one pixel.
func toRGB(y uint8, chroma uint32) uint32 {
	return pack(clampParts(uint64(y)*lumaPart + cbParts[uint8(chroma)] + crParts[uint8(chroma>>16)]))
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
