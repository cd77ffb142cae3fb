package data

import (
	"bytes"
	"image"

	"golang.org/x/image/webp"
)

// decodeWebP converts lossy pictures itself: their YCbCr is BT.601 with luma in
// 16..235, whereas package image takes every YCbCr for JPEG's with luma in
// 0..255, which would leave them pale.
func decodeWebP(data []byte) (*RGB, error) {
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var src *image.YCbCr
	switch img := img.(type) {
	case *image.YCbCr:
		src = img
	case *image.NYCbCrA:
		src = &img.YCbCr
	default:
		return FromImage(img), nil
	}
	p := newRGB(src.Rect.Dx(), src.Rect.Dy())
	for y := range p.Height {
		ycbcrRow(p.Pix[3*y*p.Width:3*(y+1)*p.Width], src, src.Rect.Min.Y+y, videoRGB)
	}
	return p, nil
}

// videoRGB is BT.601 in 14-bit fixed point: 255/219 for luma, 255/224 times
// the usual factors for chroma.
func videoRGB(y, cb, cr uint8) (r, g, b uint8) {
	const (
		one   = 1 << 14
		half  = one / 2
		luma  = 19077 // 255/219
		redCr = 26149 // 255/224·1.402
		greCb = 6419  // 255/224·0.344136
		greCr = 13320 // 255/224·0.714136
		bluCb = 33050 // 255/224·1.772
	)
	l := luma*(int(y)-16) + half
	u, v := int(cb)-128, int(cr)-128
	return clamp8((l + redCr*v) >> 14), clamp8((l - greCb*u - greCr*v) >> 14), clamp8((l + bluCb*u) >> 14)
}

func clamp8(v int) uint8 { return uint8(max(0, min(v, 255))) }
