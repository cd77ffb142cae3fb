package pixel

import "encoding/binary"

// Interleave makes len(dst)/3 pixels of lines of red, green and blue.
func (l Loops) Interleave(dst, r, g, b []uint8) {
	n := len(dst) / 3
	done := l.interleaveFast(dst, r, g, b)
	r, g, b = r[:n], g[:n], b[:n]
	for i := done; i < n; i++ {
		dst[3*i], dst[3*i+1], dst[3*i+2] = r[i], g[i], b[i]
	}
}

// YCbCr converts len(dst)/3 pixels to RGB as libjpeg does.
func (l Loops) YCbCr(dst, y, cb, cr []uint8) {
	n := len(dst) / 3
	if l.yccFast(dst, y, cb, cr) == n || n == 0 {
		return
	}
	y, cb, cr = y[:n], cb[:n], cr[:n]
	for i := range n - 1 {
		// A byte too many, which the next pixel overwrites.
		binary.LittleEndian.PutUint32(dst[3*i:], toRGB(y[i], cb[i], cr[i]))
	}
	p := toRGB(y[n-1], cb[n-1], cr[n-1])
	dst = dst[3*n-3 : 3*n]
	dst[0], dst[1], dst[2] = uint8(p), uint8(p>>8), uint8(p>>16)
}

// toRGB converts one pixel: red is in bits 0 to 7, green in 8 to 15, blue in 16 to
// 23.
func toRGB(y, cb, cr uint8) uint32 {
	v := uint64(y)*lumaPart + cbParts[cb] + crParts[cr]
	if v&overMask != overRight {
		v = clampParts(v)
	}
	return uint32(v)&0xff00ff | uint32(v>>40)&0xff00
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

// clampParts limits each part to 256 + 0 to 255.
func clampParts(v uint64) uint64 {
	part := func(shift int) uint64 { return uint64(clamp(int32(v>>shift&0xffff)-256)) << shift }
	return overRight | part(0) | part(16) | part(48)
}
