package resample

import (
	"math"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// Filter is a way to weigh source pixels by their distance.
type Filter uint8

// Pillow's filters.
const (
	Bilinear Filter = iota
	Bicubic
	Lanczos
	Box
	Hamming
)

// kernels are the weights at a distance, 0 from the support on. Conversions to
// float64 keep compilers from fusing operations, which would change bits.
var kernels = [...]struct {
	support float64
	weight  func(x float64) float64
}{
	Bilinear: {1, func(x float64) float64 { return max(0, 1-math.Abs(x)) }},
	Bicubic:  {2, bicubic},
	Lanczos:  {3, lanczos},
	Box:      {0.5, box},
	Hamming:  {1, hamming},
}

func box(x float64) float64 {
	if -0.5 < x && x <= 0.5 {
		return 1
	}
	return 0
}

func bicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

func lanczos(x float64) float64 {
	if -3 <= x && x < 3 {
		return sinc(x) * sinc(x/3)
	}
	return 0
}

func hamming(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x == 0:
		return 1
	case x >= 1:
		return 0
	}
	x *= math.Pi
	// The constants are float32 in Pillow.
	return math.Sin(x) / x * (float64(float32(0.54)) + float64(float64(float32(0.46))*math.Cos(x)))
}

// tapsOf returns the taps of out positions that span in source positions from
// start on. Those beside may be looked at, up to size.
func tapsOf(f Filter, start, in, out, size int) []pixel.Taps {
	k := kernels[f]
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := k.support * stretch
	inverse := 1 / stretch
	list := make([]pixel.Taps, out)
	room := make([]int32, 0, out*(2*int(math.Ceil(support))+1))
	weights := make([]float64, 2*int(math.Ceil(support))+1)
	for i := range list {
		center := float64(start) + float64((float64(i)+0.5)*scale)
		first := max(int(center-support+0.5), 0)
		end := min(int(center+support+0.5), size)
		w := weights[:max(end-first, 0)]
		sum := 0.0
		for x := range w {
			w[x] = k.weight((float64(x+first) - center + 0.5) * inverse)
			sum += w[x]
		}
		from := len(room)
		for _, v := range w {
			if sum != 0 {
				v /= sum
			}
			half := 0.5
			if v < 0 {
				half = -0.5
			}
			room = append(room, int32(half+float64(v*(1<<pixel.Precision))))
		}
		list[i] = pixel.Taps{First: first, Weights: room[from:]}
	}
	return list
}
