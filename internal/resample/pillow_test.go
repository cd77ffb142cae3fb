package resample

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// FuzzPillow looks for panics and for pixels that depend on the implementation.
// Those of Pillow itself are compared in package data.
func FuzzPillow(f *testing.F) {
	f.Add(uint8(0), uint16(500), uint16(375), uint16(224), uint16(224), false, uint64(1))
	f.Add(uint8(1), uint16(37), uint16(500), uint16(224), uint16(11), true, uint64(2))
	f.Add(uint8(2), uint16(1), uint16(1), uint16(40), uint16(1), false, uint64(3))
	f.Add(uint8(3), uint16(300), uint16(2), uint16(1), uint16(300), true, uint64(4))
	f.Add(uint8(4), uint16(100), uint16(100), uint16(100), uint16(33), false, uint64(5))
	f.Fuzz(func(t *testing.T, filter uint8, w, h, width, height uint16, keepAspect bool, seed uint64) {
		by := Filter(filter) % Filter(len(kernels))
		src := Picture{Width: 1 + int(w)%600, Height: 1 + int(h)%600}
		to := [2]int{1 + int(width)%600, 1 + int(height)%600}
		rng := rand.New(rand.NewPCG(seed, 0))
		src.Pix = make([]uint8, 3*src.Width*src.Height)
		for i := range src.Pix {
			src.Pix[i] = uint8(rng.Uint32())
			if rng.IntN(4) == 0 {
				src.Pix[i] = 255 * uint8(rng.IntN(2))
			}
		}
		crop := src.Whole()
		if keepAspect {
			crop = src.KeepAspect(to[0], to[1])
		}
		resized := func(l pixel.Loops) []uint8 {
			dst := make([]uint8, 3*to[0]*to[1])
			pillow(src, crop, to[0], to[1], by, l, func(y int, row []uint8) { copy(dst[3*to[0]*y:][:3*to[0]], row) })
			return dst
		}
		plain, err := pixel.New(kernel.Go)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := resized(plain), resized(pixel.Best()); !bytes.Equal(got, want) {
			t.Fatalf("%d×%d to %d×%d by filter %d: other pixels", src.Width, src.Height, to[0], to[1], by)
		}
	})
}
