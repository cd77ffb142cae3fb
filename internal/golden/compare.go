package golden

import (
	"fmt"
	"math"
)

// Diff says how far a result is from its reference.
type Diff struct {
	Max, RMS float64 // of the differences
	RefRMS   float64 // of the reference
	Index    int     // where the largest difference is
	Got      float64 // there
	Want     float64 // there
}

// String is one line with everything needed to start looking.
func (d Diff) String() string {
	return fmt.Sprintf("max %.3g (%.2g of rms), rms %.3g (%.2g of rms), worst at %d: got %.9g, want %.9g",
		d.Max, d.Max/d.RefRMS, d.RMS, d.RMS/d.RefRMS, d.Index, d.Got, d.Want)
}

// Compare compares a result with the truth. A NaN in either is an infinite
// difference unless both are.
func Compare(got []float32, want []float64) (Diff, error) {
	if len(got) != len(want) {
		return Diff{}, fmt.Errorf("golden: want %d values, got %d", len(want), len(got))
	}
	d := Diff{Index: -1}
	var sum, ref float64
	for i, w := range want {
		g := float64(got[i])
		e := math.Abs(g - w)
		switch {
		case g == w || math.IsNaN(g) && math.IsNaN(w):
			e = 0
		case math.IsNaN(e):
			e = math.Inf(1)
		}
		if e > d.Max || d.Index < 0 {
			d.Max, d.Index, d.Got, d.Want = e, i, g, w
		}
		sum += e * e
		ref += w * w
	}
	d.RMS = math.Sqrt(sum / float64(len(want)))
	d.RefRMS = math.Sqrt(ref / float64(len(want)))
	return d, nil
}
