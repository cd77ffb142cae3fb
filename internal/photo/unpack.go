package photo

import "encoding/binary"

// An unpacker writes a row of RGB pixels, dst, from a row as the file has it.
type unpacker func(dst, src []uint8)

// A palette is the colours of indices. Pillow has black where a file has none.
type palette [256][3]uint8

// paletteOf reads colours of size bytes each, blue first if bgr.
func paletteOf(data []byte, size int, bgr bool) *palette {
	var p palette
	for i := range min(len(data)/size, len(p)) {
		c := data[i*size:]
		p[i] = [3]uint8{c[0], c[1], c[2]}
		if bgr {
			p[i] = [3]uint8{c[2], c[1], c[0]}
		}
	}
	return &p
}

// greys are the shades of samples of 1, 2, 4 or 8 bits, white first if inverted.
func greys(bits int, inverted bool) *palette {
	var p palette
	top := 1<<bits - 1
	for i := range top + 1 {
		v := uint8(i * 255 / top)
		if inverted {
			v = 255 - v
		}
		p[i] = [3]uint8{v, v, v}
	}
	return &p
}

// fill paints pixels with one colour.
func fill(pix []uint8, colour [3]uint8) {
	if colour == [3]uint8{} {
		return // as allocated
	}
	for i := 0; i+2 < len(pix); i += 3 {
		pix[i], pix[i+1], pix[i+2] = colour[0], colour[1], colour[2]
	}
}

// indexed looks up samples of 1, 2, 4 or 8 bits, high bits first.
func indexed(bits int, table *palette) unpacker {
	if bits == 8 {
		return func(dst, src []uint8) {
			src = src[:len(dst)/3]
			for x, v := range src {
				c := &table[v]
				d := dst[3*x : 3*x+3 : 3*x+3]
				d[0], d[1], d[2] = c[0], c[1], c[2]
			}
		}
	}
	mask := uint8(1<<bits - 1)
	return func(dst, src []uint8) {
		for x := range len(dst) / 3 {
			at := x * bits
			c := table[src[at/8]>>(8-bits-at%8)&mask]
			dst[3*x], dst[3*x+1], dst[3*x+2] = c[0], c[1], c[2]
		}
	}
}

// picked takes red, green and blue from these bytes of every pixel of size bytes.
func picked(size, r, g, b int) unpacker {
	if size == 3 && r == 0 && g == 1 && b == 2 {
		return func(dst, src []uint8) { copy(dst, src) }
	}
	return func(dst, src []uint8) {
		for i, j := 0, 0; i+2 < len(dst); i, j = i+3, j+size {
			s, d := src[j:j+size:j+size], dst[i:i+3:i+3]
			d[0], d[1], d[2] = s[r], s[g], s[b]
		}
	}
}

// clipped16 is grey of 16 bits, where all above 255 is white.
func clipped16(order binary.ByteOrder) unpacker {
	return func(dst, src []uint8) {
		for x := range len(dst) / 3 {
			v := uint8(min(order.Uint16(src[2*x:]), 255))
			dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
		}
	}
}

// cmyk takes the channels, in which 0 is no ink, from the first byte of every
// size/4 bytes from high on.
func cmyk(size, step, high int) unpacker {
	return func(dst, src []uint8) {
		for i, j := 0, high; i+2 < len(dst); i, j = i+3, j+size {
			paper := 255 - src[j+3*step]
			for c := range 3 {
				dst[i+c] = paper - mulDiv255(src[j+c*step], paper)
			}
		}
	}
}

// mulDiv255 is a·b/255, rounded to the nearest.
func mulDiv255(a, b uint8) uint8 {
	t := int(a)*int(b) + 128
	return uint8((t>>8 + t) >> 8)
}

func clamp8(v int) uint8 { return uint8(max(0, min(v, 255))) }
