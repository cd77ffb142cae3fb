package photo

import (
	"bytes"
	"errors"

	"github.com/cairnml/cairn/internal/jpeg"
)

// decodeJPEGChunk paints a strip or tile that is a JPEG file whose tables may
// stand in a tag for all of them.
func (f *tiffFile) decodeJPEGChunk(p *Picture, data []byte, x, y int) error {
	const start, end = "\xff\xd8", "\xff\xd9"
	if f.planar && f.samples > 1 || f.samples > 3 {
		return errors.New("want JPEG of one or three samples a pixel, not in planes")
	}
	tables := bytes.TrimSuffix(bytes.TrimPrefix(f.dir.entries[tagJPEGTables].data, []byte(start)), []byte(end))
	// What the samples are is said in the directory. An Adobe segment says it to
	// the decoder: 0 is RGB, 1 is YCbCr.
	transform := byte(1)
	if f.dir.number(tagPhotometric) == rgbPixels {
		transform = 0
	}
	whole := []byte(start + "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00")
	whole = append(whole, transform)
	whole = append(whole, tables...)
	whole = append(whole, bytes.TrimPrefix(data, []byte(start))...)
	img, err := jpeg.Decode(whole, jpeg.Options{MaxPixels: f.chunkWidth * f.chunkHeight})
	if err != nil {
		return jpegError(err)
	}
	w, h := min(f.chunkWidth, p.Width-x), min(f.chunkHeight, p.Height-y)
	if img.Width < w || img.Height < h {
		return ErrTruncated
	}
	inverted := f.samples == 1 && f.dir.number(tagPhotometric) == whiteIsZero
	for i := range h {
		dst := p.row(y + i)[3*x : 3*(x+w)]
		copy(dst, img.Pix[3*i*img.Width:])
		if inverted {
			for j := range dst {
				dst[j] = ^dst[j]
			}
		}
	}
	return nil
}
