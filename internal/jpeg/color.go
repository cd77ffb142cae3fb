package jpeg

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
	for i, y := range rows[0][:n] {
		dst[3*i], dst[3*i+1], dst[3*i+2] = toRGB(y, cb[i], cr[i])
	}
}

// toRGB uses libjpeg's constants, times 2^16.
func toRGB(y, cb, cr uint8) (r, g, b uint8) {
	const half = 1 << 15
	v, u, w := int32(y), int32(cb)-128, int32(cr)-128
	return clamp(v + (91881*w+half)>>16),
		clamp(v + (-22554*u-46802*w+half)>>16),
		clamp(v + (116130*u+half)>>16)
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
		r, g, b := toRGB(y, cb[i], cr[i])
		dst[3*i], dst[3*i+1], dst[3*i+2] = ink(^r, k[i]), ink(^g, k[i]), ink(^b, k[i])
	}
}

// ink is how bright a channel with stored ink c is under stored black k: the
// product of both, rounded as Pillow's conversion does.
func ink(c, k uint8) uint8 {
	t := int32(^c)*int32(k) + 128
	return clamp(int32(k) - (t>>8+t)>>8)
}
