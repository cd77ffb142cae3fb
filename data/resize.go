package data

import (
	"fmt"
	"image"

	"github.com/cairnml/cairn/internal/resample"
)

// Interpolation is how a resized photo gets its pixels.
type Interpolation uint8

// The interpolations. All but the last give the bits of Pillow 13, and so of
// keras.utils.load_img with that Pillow.
const (
	// Nearest takes the source pixel under the centre of each new pixel. It is
	// what load_img does unless told otherwise.
	Nearest Interpolation = iota
	Bilinear
	Bicubic
	Lanczos
	Box
	Hamming
	// TensorFlowBilinear is tf.image.resize without antialiasing, which
	// image_dataset_from_directory uses: two source pixels a direction even where
	// the photo shrinks, and results in float32 that are not rounded. [RGB.Resize]
	// rounds them to the nearest byte; [Preprocess.Input] does not.
	TensorFlowBilinear
)

var interpolations = [...]string{"nearest", "bilinear", "bicubic", "lanczos", "box", "hamming", "tensorflow-bilinear"}

// String returns Keras's name.
func (i Interpolation) String() string {
	if int(i) < len(interpolations) {
		return interpolations[i]
	}
	return fmt.Sprintf("Interpolation(%d)", uint8(i))
}

// ParseInterpolation returns the interpolation whose String is name.
func ParseInterpolation(name string) (Interpolation, error) {
	for i, n := range interpolations {
		if n == name {
			return Interpolation(i), nil
		}
	}
	return 0, fmt.Errorf("data: interpolation: want one of %v, got %q", interpolations, name)
}

// Resizing is how a photo gets a network's size.
type Resizing struct {
	Width, Height int // pixels
	Interpolation Interpolation
	// KeepAspect crops the photo in the middle to the new aspect ratio instead of
	// stretching it, as keep_aspect_ratio of load_img does.
	KeepAspect bool
}

// Resize returns a copy of a photo with another size in pixels,
// [Height, Width, 3] → [height, width, 3]. The aspect ratio is not kept. A size
// below 1, an empty photo or an unknown interpolation give an empty photo.
func (p *RGB) Resize(width, height int, by Interpolation) *RGB {
	return Resizing{Width: width, Height: height, Interpolation: by}.Apply(p)
}

// Apply returns a copy of a photo with the size of r. Where there is nothing to
// resize it is empty: a size below 1, an empty photo, an unknown interpolation.
func (r Resizing) Apply(p *RGB) *RGB {
	src, crop, ok := r.prepare(p)
	if !ok {
		return &RGB{}
	}
	q := newRGB(r.Width, r.Height)
	line := func(y int) []uint8 { return q.Pix[3*y*q.Width : 3*(y+1)*q.Width] }
	if r.Interpolation == TensorFlowBilinear {
		resample.TensorFlow(src, crop, r.Width, r.Height, func(y int, row []float32) {
			dst := line(y)
			for i, v := range row {
				dst[i] = uint8(v + 0.5)
			}
		})
		return q
	}
	r.rows(src, crop, func(y int, row []uint8) { copy(line(y), row) })
	return q
}

// ResizePlan says which pixels of a photo those of a resized one are made of, by
// column and by row; Taps are those of one.
type (
	ResizePlan = resample.Plan
	Taps       = resample.Taps
)

// Plan returns how a photo is resized, for a GPU (RunPixels of nn.Model): the bytes that
// come out are those of Apply. It is not ok where there is nothing to resize, and for
// TensorFlowBilinear, which does not make bytes.
func (r Resizing) Plan(p *RGB) (_ ResizePlan, ok bool) {
	src, crop, ok := r.prepare(p)
	switch {
	case !ok || r.Interpolation == TensorFlowBilinear:
		return ResizePlan{}, false
	case r.Width == src.Width && r.Height == src.Height:
		return resample.PlanCopy(r.Width, r.Height), true
	case r.Interpolation == Nearest:
		return resample.PlanNearest(src, crop, r.Width, r.Height), true
	}
	return resample.PlanPillow(src, crop, r.Width, r.Height, filters[r.Interpolation]), true
}

// prepare finds the part of a photo that is resized. It is not ok if that would
// be nothing.
func (r Resizing) prepare(p *RGB) (resample.Picture, image.Rectangle, bool) {
	const maxSide = 1 << 24 // so that no product of sides overflows
	src := resample.Picture{Pix: p.Pix, Width: p.Width, Height: p.Height}
	if min(r.Width, r.Height, p.Width, p.Height) < 1 || max(r.Width, r.Height) > maxSide || r.Interpolation > TensorFlowBilinear {
		return src, image.Rectangle{}, false
	}
	crop := src.Whole()
	if r.KeepAspect {
		crop = src.KeepAspect(r.Width, r.Height)
	}
	return src, crop, true
}

var filters = [...]resample.Filter{
	Bilinear: resample.Bilinear, Bicubic: resample.Bicubic, Lanczos: resample.Lanczos, Box: resample.Box, Hamming: resample.Hamming,
}

// rows hands out the rows of bytes, from several goroutines.
func (r Resizing) rows(src resample.Picture, crop image.Rectangle, emit func(y int, row []uint8)) {
	if r.Width == src.Width && r.Height == src.Height { // a copy, whatever the interpolation
		for y := range r.Height {
			emit(y, src.Pix[3*y*src.Width:3*(y+1)*src.Width])
		}
		return
	}
	if r.Interpolation == Nearest {
		resample.Nearest(src, crop, r.Width, r.Height, emit)
		return
	}
	resample.Pillow(src, crop, r.Width, r.Height, filters[r.Interpolation], emit)
}
