package photo

import "image"

// paintLossy converts a frame of 4:2:0 YCbCr, chroma interpolated as libwebp
// does it: a pixel takes 9/16 of the nearest chroma sample, 3/16 of the nearest
// beside and of the nearest above or below, 1/16 of the one across, in steps of
// its own rounding. At the edges the samples go on as they are.
func (f *webpFile) paintLossy(p *Picture, img *image.YCbCr) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	chromaW, chromaH := (w+1)/2, (h+1)/2
	cb, cr := make([]uint8, w), make([]uint8, w)
	for y := range h {
		near := y / 2
		far := near - 1 + 2*(y%2)
		far = max(0, min(far, chromaH-1))
		nearAt, farAt := near*img.CStride, far*img.CStride
		upsampleWebP(cb, img.Cb[nearAt:nearAt+chromaW], img.Cb[farAt:farAt+chromaW])
		upsampleWebP(cr, img.Cr[nearAt:nearAt+chromaW], img.Cr[farAt:farAt+chromaW])
		luma := img.Y[y*img.YStride:][:w]
		dst := p.row(f.y + y)[3*f.x : 3*(f.x+w)]
		for x, l := range luma {
			dst[3*x], dst[3*x+1], dst[3*x+2] = videoRGB(int(l), int(cb[x]), int(cr[x]))
		}
	}
}

// upsampleWebP writes a row of chroma at full width from the nearest row of
// samples and the one on its other side.
func upsampleWebP(dst, near, far []uint8) {
	last := len(dst) - 1
	edge := func(i int) uint8 { return uint8((3*int(near[i]) + int(far[i]) + 2) >> 2) }
	dst[0] = edge(0)
	for i := 1; i <= last/2; i++ {
		n0, n1, f0, f1 := int(near[i-1]), int(near[i]), int(far[i-1]), int(far[i])
		sum := n0 + n1 + f0 + f1 + 8
		inner, outer := (sum+2*(n1+f0))>>3, (sum+2*(n0+f1))>>3
		dst[2*i-1] = uint8((inner + n0) >> 1)
		dst[2*i] = uint8((outer + n1) >> 1)
	}
	if last%2 == 1 {
		dst[last] = edge(len(near) - 1)
	}
}

// videoRGB is BT.601 with luma in 16..235 and chroma in 16..240, in libwebp's
// fixed point: products keep 6 bits after the point.
func videoRGB(y, cb, cr int) (r, g, b uint8) {
	const (
		luma  = 19077 // 255/219 · 2¹⁴
		redCr = 26149 // 255/224·1.402
		greCb = 6419  // 255/224·0.344136
		greCr = 13320 // 255/224·0.714136
		bluCb = 33050 // 255/224·1.772
		// What the offsets 16 and 128 come to, and half a unit.
		redOffset, greOffset, bluOffset = -14234, 8708, -17685
	)
	l := y * luma >> 8
	return clamp8((l + cr*redCr>>8 + redOffset) >> 6),
		clamp8((l - cb*greCb>>8 - cr*greCr>>8 + greOffset) >> 6),
		clamp8((l + cb*bluCb>>8 + bluOffset) >> 6)
}
