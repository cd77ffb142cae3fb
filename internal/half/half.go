// Package half converts IEEE 754 binary16 numbers.
package half

import "math"

// From widens an IEEE 754 binary16, exactly.
func From(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 0x1f: // infinity or NaN with its payload
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// To rounds to the nearest binary16, ties to even; beyond 65504 + half a
// step it gives infinity. A NaN stays a NaN with the upper bits of its payload.
func To(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN
		payload := uint16(b >> 13 & 0x3ff)
		if payload == 0 {
			payload = 1 // as NumPy: the payload may not vanish
		}
		return sign | 0x7c00 | payload
	case b >= 0x47800000: // 65536 and infinity
		return sign | 0x7c00
	case b >= 0x38800000: // normal: 2^-14 and above
		b -= (127 - 15) << 23
		b += 0xfff + b>>13&1 // may carry into the exponent, up to infinity
		return sign | uint16(b>>13)
	case b >= 0x33000000: // subnormal: 2^-25 and above
		shift := 126 - b>>23 // value = mantissa * 2^(exp-150) = half * 2^-24
		mantissa := b&0x7fffff | 0x800000
		half := mantissa >> shift
		rest := mantissa << (32 - shift)
		if rest > 1<<31 || rest == 1<<31 && half&1 == 1 {
			half++
		}
		return sign | uint16(half)
	}
	return sign
}
