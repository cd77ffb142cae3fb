// Package resample brings pictures to other sizes, with the same bits as Pillow
// 13 (8-bit arithmetic in fixed point) or TensorFlow (float32).
package resample

import (
	"image"
	"runtime"
	"sync"
)

// Picture is [Height, Width, 3] bytes. Sides are below 2³¹.
type Picture struct {
	Pix           []uint8
	Width, Height int
}

func (p Picture) row(y int) []uint8 { return p.Pix[3*y*p.Width : 3*(y+1)*p.Width] }

// Whole is the crop that keeps everything.
func (p Picture) Whole() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }

// KeepAspect is the largest part in the middle that has the aspect ratio of
// width to height, as Keras crops it. Of a long photo it may be empty; its corner
// is a pixel all the same.
func (p Picture) KeepAspect(width, height int) image.Rectangle {
	w := min(p.Width, p.Height*width/height)
	h := min(p.Height, p.Width*height/width)
	x, y := (p.Width-w)/2, (p.Height-h)/2
	return image.Rect(x, y, x+w, y+h)
}

// inParallel calls do for parts of 0..n−1, in several goroutines if there is
// enough work: cost is that of one of the n, in bytes touched.
func inParallel(n, cost int, do func(from, to int)) {
	const enough = 1 << 17 // bytes, about 50 µs
	workers := min(runtime.GOMAXPROCS(0), n*cost/enough, n)
	if workers < 2 {
		do(0, n)
		return
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { do(w*n/workers, (w+1)*n/workers) })
	}
	group.Wait()
}
