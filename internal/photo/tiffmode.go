package photo

import (
	"fmt"
	"math"
)

// Values of tagPhotometric and tagSampleFormat.
const (
	whiteIsZero = 0
	blackIsZero = 1
	rgbPixels   = 2
	indices     = 3
	inks        = 5
	ycbcrPixels = 6

	unsigned = 1
	signed   = 2
	float    = 3
)

// chooseMode finds the unpacker for rows, by Pillow's table.
func (f *tiffFile) chooseMode() error {
	photometric := f.dir.number(tagPhotometric)
	format := f.dir.numberOr(tagSampleFormat, unsigned)
	extra := f.dir.numbers(tagExtraSamples)
	inverted := photometric == whiteIsZero
	mode := ""
	switch bits := f.bits; {
	case photometric == ycbcrPixels && f.compression == tiffJPEG && bits == 8,
		photometric == rgbPixels && f.compression == tiffJPEG && bits == 8 && f.samples == 3:
		mode = "RGB" // by the JPEG decoder
	case f.compression == tiffJPEG && !(inverted || photometric == blackIsZero):
		// below
	case (inverted || photometric == blackIsZero) && f.samples == 1:
		mode = f.chooseGrey(format, inverted)
	case photometric == blackIsZero && f.samples == 2 && bits == 8 && format == unsigned && len(extra) == 1 && extra[0] != 1:
		mode, f.unpack = "LA", picked(2, 0, 0, 0)
	case photometric == rgbPixels && f.samples >= 3 && format == unsigned && (bits == 8 || bits == 16):
		mode = f.chooseRGB(extra)
	case photometric == indices && f.samples <= 2 && format == unsigned && (bits == 8 || bits == 1 || bits == 2 || bits == 4) && (f.samples == 1 || bits == 8):
		mode, f.unpack = "P", f.colourMap()
	case photometric == inks && f.samples >= 4 && !f.planar && format == unsigned && (bits == 8 || bits == 16):
		mode, f.unpack = "CMYK", cmyk(f.samples*bits/8, bits/8, f.high())
	}
	if f.planar && f.samples > 1 && photometric != rgbPixels {
		mode = ""
	}
	if mode == "" || f.predictor > 2 || f.predictor == 2 && f.bits != 8 && f.bits != 16 {
		return fmt.Errorf("%w: photometric interpretation %d, %d samples of %d bits, format %d, predictor %d",
			errTIFFMode, photometric, f.samples, f.bits, format, f.predictor)
	}
	f.header.Mode = mode
	return nil
}

func (f *tiffFile) chooseGrey(format int, inverted bool) string {
	switch {
	case f.bits == 1 && format == unsigned:
		f.unpack = indexed(1, greys(1, inverted))
		return "1"
	case (f.bits == 2 || f.bits == 4 || f.bits == 8) && (format == unsigned || format == signed && f.bits == 8 && !inverted):
		f.unpack = indexed(f.bits, greys(f.bits, inverted))
		return "L"
	case f.bits == 16 && format == unsigned:
		f.unpack = clipped16(f.dir.order) // never inverted
		return "I;16"
	case f.bits == 16 && format == signed && !inverted:
		f.unpack = f.clipped(2, func(b []byte) float64 { return float64(int16(f.dir.order.Uint16(b))) })
		return "I"
	case f.bits == 32 && (format == signed || format == unsigned) && !inverted:
		f.unpack = f.clipped(4, func(b []byte) float64 { return float64(int32(f.dir.order.Uint32(b))) })
		return "I"
	case f.bits == 32 && format == float:
		f.unpack = f.clipped(4, func(b []byte) float64 { return float64(math.Float32frombits(f.dir.order.Uint32(b))) })
		return "F"
	}
	return ""
}

// clipped is grey of samples of size bytes, cut off to 0..255.
func (f *tiffFile) clipped(size int, value func([]byte) float64) unpacker {
	return func(dst, src []uint8) {
		for x := range len(dst) / 3 {
			grey := uint8(0)
			if v := value(src[x*size:]); v >= 255 {
				grey = 255
			} else if v > 0 {
				grey = uint8(v)
			}
			dst[3*x], dst[3*x+1], dst[3*x+2] = grey, grey, grey
		}
	}
}

func (f *tiffFile) chooseRGB(extra []int) string {
	const premultiplied = 1
	step := f.bits / 8
	size, high := f.samples*step, f.high()
	if f.samples > 3 && len(extra) > 0 && extra[0] == premultiplied {
		if f.planar {
			return ""
		}
		f.unpack = unmultiplied(size, step, high)
		return "RGBA"
	}
	f.unpack = picked(size, high, high+step, high+2*step)
	if f.samples == 3 || len(extra) > 0 && extra[0] == 0 {
		return "RGB"
	}
	return "RGBA"
}

// unmultiplied divides colours by the alpha that follows them.
func unmultiplied(size, step, high int) unpacker {
	return func(dst, src []uint8) {
		for i, j := 0, high; i+2 < len(dst); i, j = i+3, j+size {
			alpha := int(src[j+3*step])
			for c := range 3 {
				v := int(src[j+c*step])
				if alpha == 0 {
					v = 0
				} else {
					v = min(255, 255*v/alpha)
				}
				dst[i+c] = uint8(v)
			}
		}
	}
}

// colourMap has all reds, then all greens, then all blues, of 16 bits.
func (f *tiffFile) colourMap() unpacker {
	colours := f.dir.numbers(tagColorMap)
	var table palette
	n := len(colours) / 3
	for i := range min(n, len(table)) {
		for c := range 3 {
			table[i][c] = uint8(colours[c*n+i] / 256)
		}
	}
	if f.samples == 1 {
		return indexed(f.bits, &table)
	}
	return func(dst, src []uint8) {
		for x := range len(dst) / 3 {
			c := table[src[f.samples*x]]
			dst[3*x], dst[3*x+1], dst[3*x+2] = c[0], c[1], c[2]
		}
	}
}
