package data

import (
	"image"
	"image/color"
)

// FromImage copies an image into RGB by Pillow's convert("RGB") rules:
//
//   - alpha is dropped and nothing is blended: a transparent pixel shows the
//     colour that is stored under it
//   - 16-bit grey is clipped to 255, so that nearly everything turns white;
//     other 16-bit colours keep their high byte
//   - CMYK becomes (255−K)·(255−C)/255 and so on, rounded as Pillow does
//   - YCbCr by [color.YCbCrToRGB], each chroma sample repeated over its pixels
func FromImage(src image.Image) *RGB {
	b := src.Bounds()
	p := newRGB(b.Dx(), b.Dy())
	row := rowsOf(src)
	for y := range p.Height {
		row(p.Pix[3*y*p.Width:3*(y+1)*p.Width], b.Min.Y+y)
	}
	return p
}

// rowsOf returns a function that writes row y of an image to dst as RGB.
func rowsOf(src image.Image) func(dst []uint8, y int) {
	left := src.Bounds().Min.X
	switch src := src.(type) {
	case *RGB:
		return func(dst []uint8, y int) { copy(dst, src.Pix[y*len(dst):]) }
	case *image.YCbCr:
		return func(dst []uint8, y int) { ycbcrRow(dst, src, y, color.YCbCrToRGB) }
	case *image.NYCbCrA:
		return func(dst []uint8, y int) { ycbcrRow(dst, &src.YCbCr, y, color.YCbCrToRGB) }
	case *image.Gray:
		return func(dst []uint8, y int) { grayRow(dst, src.Pix[src.PixOffset(left, y):]) }
	case *image.Gray16:
		return func(dst []uint8, y int) { gray16Row(dst, src.Pix[src.PixOffset(left, y):]) }
	case *image.Paletted:
		table := rgbTable(src.Palette)
		return func(dst []uint8, y int) { palettedRow(dst, src.Pix[src.PixOffset(left, y):], &table) }
	case *image.CMYK:
		return func(dst []uint8, y int) { cmykRow(dst, src.Pix[src.PixOffset(left, y):]) }
	case *image.NRGBA:
		return func(dst []uint8, y int) { pickRow(dst, src.Pix[src.PixOffset(left, y):], 4, 1) }
	case *image.NRGBA64:
		return func(dst []uint8, y int) { pickRow(dst, src.Pix[src.PixOffset(left, y):], 8, 2) }
	case *image.RGBA:
		if src.Opaque() {
			return func(dst []uint8, y int) { pickRow(dst, src.Pix[src.PixOffset(left, y):], 4, 1) }
		}
	case *image.RGBA64:
		if src.Opaque() {
			return func(dst []uint8, y int) { pickRow(dst, src.Pix[src.PixOffset(left, y):], 8, 2) }
		}
	}
	return func(dst []uint8, y int) {
		for i := 0; i < len(dst); i += 3 {
			dst[i], dst[i+1], dst[i+2] = stored(src.At(left+i/3, y))
		}
	}
}

// stored is a colour without its alpha.
func stored(c color.Color) (r, g, b uint8) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return n.R, n.G, n.B
}

func ycbcrRow(dst []uint8, src *image.YCbCr, y int, rgb func(y, cb, cr uint8) (r, g, b uint8)) {
	left := src.Rect.Min.X
	luma := src.Y[src.YOffset(left, y):]
	chroma := src.COffset(left, y)
	cb, cr := src.Cb[chroma:], src.Cr[chroma:]
	wide := 1 // pixels that share a chroma sample
	switch src.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		wide = 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		wide = 4
	}
	first := left / wide
	for x := range len(dst) / 3 {
		c := (left+x)/wide - first
		dst[3*x], dst[3*x+1], dst[3*x+2] = rgb(luma[x], cb[c], cr[c])
	}
}

func grayRow(dst, src []uint8) {
	for x := range len(dst) / 3 {
		dst[3*x], dst[3*x+1], dst[3*x+2] = src[x], src[x], src[x]
	}
}

func gray16Row(dst, src []uint8) {
	for x := range len(dst) / 3 {
		v := clip16(src[2*x], src[2*x+1])
		dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
	}
}

// clip16 is a big-endian 16-bit value, at most 255.
func clip16(high, low uint8) uint8 {
	if high > 0 {
		return 255
	}
	return low
}

// rgbTable is a palette without its alpha. Indices past its end are black.
func rgbTable(palette color.Palette) (table [256][3]uint8) {
	for i, c := range palette[:min(len(palette), 256)] {
		r, g, b := stored(c)
		table[i] = [3]uint8{r, g, b}
	}
	return table
}

func palettedRow(dst, src []uint8, table *[256][3]uint8) {
	for x := range len(dst) / 3 {
		copy(dst[3*x:3*x+3], table[src[x]][:])
	}
}

func cmykRow(dst, src []uint8) {
	for x := range len(dst) / 3 {
		paper := 255 - src[4*x+3]
		for c := range 3 {
			dst[3*x+c] = paper - mulDiv255(src[4*x+c], paper)
		}
	}
}

// mulDiv255 is a·b/255, rounded to the nearest.
func mulDiv255(a, b uint8) uint8 {
	t := int(a)*int(b) + 128
	return uint8((t>>8 + t) >> 8)
}

// pickRow takes the first three of the channels of every pixel: size is the
// pixel's, step the channel's size in bytes, of which the first counts.
func pickRow(dst, src []uint8, size, step int) {
	for i, j := 0, 0; i < len(dst); i, j = i+3, j+size {
		dst[i], dst[i+1], dst[i+2] = src[j], src[j+step], src[j+2*step]
	}
}
