package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// lookup3 is Bob Jenkins's hash of that name with a start value of zero, which
// newer structures end in.
func lookup3(b []byte) uint32 {
	start := 0xdeadbeef + uint32(len(b))
	x, y, z := start, start, start
	for len(b) > 12 {
		x += binary.LittleEndian.Uint32(b)
		y += binary.LittleEndian.Uint32(b[4:])
		z += binary.LittleEndian.Uint32(b[8:])
		x = (x - z) ^ bits.RotateLeft32(z, 4)
		z += y
		y = (y - x) ^ bits.RotateLeft32(x, 6)
		x += z
		z = (z - y) ^ bits.RotateLeft32(y, 8)
		y += x
		x = (x - z) ^ bits.RotateLeft32(z, 16)
		z += y
		y = (y - x) ^ bits.RotateLeft32(x, 19)
		x += z
		z = (z - y) ^ bits.RotateLeft32(y, 4)
		y += x
		b = b[12:]
	}
	if len(b) == 0 {
		return z
	}
	var last [12]byte
	copy(last[:], b)
	x += binary.LittleEndian.Uint32(last[:])
	y += binary.LittleEndian.Uint32(last[4:])
	z += binary.LittleEndian.Uint32(last[8:])
	z = (z ^ y) - bits.RotateLeft32(y, 14)
	x = (x ^ z) - bits.RotateLeft32(z, 11)
	y = (y ^ x) - bits.RotateLeft32(x, 25)
	z = (z ^ y) - bits.RotateLeft32(y, 16)
	x = (x ^ z) - bits.RotateLeft32(z, 4)
	y = (y ^ x) - bits.RotateLeft32(x, 14)
	return (z ^ y) - bits.RotateLeft32(y, 24)
}

// fletcher32 is Fletcher's checksum over big-endian 16-bit words, as the filter
// of that name computes it.
func fletcher32(b []byte) uint32 {
	var x, y uint32
	add := func(word uint32) {
		x += word
		y += x
	}
	for len(b) > 1 {
		// After 360 words the sums could overflow.
		part := b[:min(len(b)&^1, 720)]
		b = b[len(part):]
		for i := 0; i < len(part); i += 2 {
			add(uint32(binary.BigEndian.Uint16(part[i:])))
		}
		x, y = x&0xffff+x>>16, y&0xffff+y>>16
	}
	if len(b) == 1 {
		add(uint32(b[0]) << 8)
		x, y = x&0xffff+x>>16, y&0xffff+y>>16
	}
	x, y = x&0xffff+x>>16, y&0xffff+y>>16
	return y<<16 | x
}
