package resample

import (
	"image"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// Taps are the positions of a picture that one of another is made of, in weights
// of 1/2²².
type Taps = pixel.Taps

// Plan says what pixels of a picture each column and each row of another is made
// of, for those who compute it elsewhere. A pass of each rounds to bytes.
type Plan struct {
	Across, Down []Taps
	DownFirst    bool
}

// PlanPillow is what Pillow does.
func PlanPillow(src Picture, crop image.Rectangle, width, height int, f Filter) Plan {
	p := Plan{untouched(width), untouched(height), downFirst(src, width, height)}
	if across(src, crop, width) {
		p.Across = tapsOf(f, crop.Min.X, crop.Dx(), width, src.Width)
	}
	if down(src, crop, height) {
		p.Down = tapsOf(f, crop.Min.Y, crop.Dy(), height, src.Height)
	}
	return p
}

// PlanNearest is what Nearest does.
func PlanNearest(src Picture, crop image.Rectangle, width, height int) Plan {
	return Plan{
		Across: picked(nearestOf(crop.Min.X, crop.Dx(), width, src.Width)),
		Down:   picked(nearestOf(crop.Min.Y, crop.Dy(), height, src.Height)),
	}
}

// PlanCopy is for a picture of the size that is wanted.
func PlanCopy(width, height int) Plan {
	return Plan{Across: untouched(width), Down: untouched(height)}
}

// whole is the weight of a position that is taken as it is.
var whole = []int32{1 << pixel.Precision}

func untouched(n int) []Taps {
	taps := make([]Taps, n)
	for i := range taps {
		taps[i] = Taps{First: i, Weights: whole}
	}
	return taps
}

func picked(positions []int32) []Taps {
	taps := make([]Taps, len(positions))
	for i, p := range positions {
		taps[i] = Taps{First: int(p), Weights: whole}
	}
	return taps
}
