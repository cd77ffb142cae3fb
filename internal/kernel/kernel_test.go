package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// unit is half the distance between 1 and the next float32: the relative error
// of one rounding.
const unit = 1.0 / (1 << 24)

// sumSlack is the factor on the classical bound k·unit·Σ|a·b| of a float32 sum
// of k products in any order (Higham, Accuracy and Stability of Numerical
// Algorithms, §3.1): one k for the additions, and one for the roundings of the
// products and the terms of second order.
const sumSlack = 2

func sumBound(terms int, abs float64) float64 { return sumSlack * float64(terms) * unit * abs }

// activationSlack bounds, in units of the result, what an activation adds to the
// error of its argument: Sigmoid and Swish are rounded once from float64, and no
// activation here is steeper than 1.1.
const activationSlack = 2

const steepest = 1.1

func compare(t *testing.T, got []float32, want, bound []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("want %d values, got %d", len(want), len(got))
	}
	worst, at := 0.0, -1
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) || math.IsInf(w, 0) {
			if math.IsNaN(w) != math.IsNaN(g) || math.IsInf(w, 0) && g != w {
				t.Fatalf("element %d: want %g, got %g", i, w, g)
			}
			continue
		}
		limit := steepest*bound[i] + activationSlack*unit*math.Abs(w) + math.SmallestNonzeroFloat32
		if excess := math.Abs(g-w) / limit; !(excess <= 1) && !(excess <= worst) {
			worst, at = excess, i
		}
	}
	if at >= 0 {
		t.Fatalf("element %d: want %g, got %g, %.3g times the bound", at, want[at], got[at], worst)
	}
}

func referenceActivation(a Activation, x float64) float64 {
	switch a.Kind {
	case ReLU:
		if x < 0 {
			return 0
		}
		if a.Max > 0 && x > float64(a.Max) {
			return float64(a.Max)
		}
	case Sigmoid:
		return 1 / (1 + math.Exp(-x))
	case Swish:
		return x / (1 + math.Exp(-x))
	}
	return x
}

func randomSlice(rng *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(rng.NormFloat64())
	}
	return s
}

func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// guarded is a map with guard words before, between and behind its pixels.
type guarded struct {
	Map
	all []float32
}

const (
	guardWords = 9          // odd, so that the data are not aligned either
	guardBits  = 0x7FC0BEEF // a NaN: a kernel that reads it spoils its result
)

func newGuarded(h, w, c, extra int) guarded {
	stride := c + extra
	all := make([]float32, guardWords+h*w*stride+guardWords)
	for i := range all {
		all[i] = math.Float32frombits(guardBits)
	}
	return guarded{all: all, Map: Map{Data: all[guardWords:], H: h, W: w, C: c, Stride: stride}}
}

func (g guarded) randomize(rng *rand.Rand) {
	for p := range g.Pixels() {
		copy(g.pixel(p), randomSlice(rng, g.C))
	}
}

// restride returns a copy with another stride.
func (g guarded) restride(extra int) guarded {
	c := newGuarded(g.H, g.W, g.C, extra)
	for p := range g.Pixels() {
		copy(c.pixel(p), g.pixel(p))
	}
	return c
}

func (g guarded) values() []float32 {
	var v []float32
	for p := range g.Pixels() {
		v = append(v, g.pixel(p)...)
	}
	return v
}

func (g guarded) checkGuards(t *testing.T) {
	t.Helper()
	for i, v := range g.all {
		p := i - guardWords
		inside := p >= 0 && p < g.Pixels()*g.Stride && p%g.Stride < g.C
		if !inside && math.Float32bits(v) != guardBits {
			t.Fatalf("guard word %d was overwritten with %g", i, v)
		}
		if inside && math.Float32bits(v) == guardBits {
			t.Fatalf("value %d was not written", p)
		}
	}
}

// newTeam is a team of plain Go kernels.
func newTeam(threads int) *Team { return mustTeam(threads, Go) }

func mustTeam(threads int, impl Implementation) *Team {
	t, err := NewTeam(TeamConfig{Threads: threads, Implementation: impl})
	if err != nil {
		panic(err)
	}
	return t
}

// battery runs a test in every implementation that this CPU and build have.
func battery(t *testing.T, test func(t *testing.T, newTeam func(threads int) *Team)) {
	for impl := Go; int(impl) < len(implementationNames); impl++ {
		t.Run(impl.String(), func(t *testing.T) {
			if err := supported(impl); err != nil {
				t.Skip(err)
			}
			test(t, func(threads int) *Team { return mustTeam(threads, impl) })
		})
	}
}
