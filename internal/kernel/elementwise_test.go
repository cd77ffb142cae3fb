package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// elementwiseShapes include one with more work than a block.
var elementwiseShapes = [][3]int{{1, 1, 1}, {1, 1, 3}, {3, 5, 5}, {7, 2, 31}, {4, 4, 33}, {43, 47, 65}}

// aliased runs a kernel in place on a wide map and returns the values.
func aliased(t *testing.T, src guarded, run func(m Map)) []float32 {
	t.Helper()
	m := src.restride(2)
	run(m.Map)
	m.checkGuards(t)
	return m.values()
}

func TestElementwiseMatchesFloat64(t *testing.T) { battery(t, testElementwiseMatchesFloat64) }

func testElementwiseMatchesFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, s := range elementwiseShapes {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			h, w, c := s[0], s[1], s[2]
			maps := make([]guarded, 3)
			for i := range maps {
				maps[i] = newGuarded(h, w, c, 0)
				maps[i].randomize(rng)
			}
			x, y, z := maps[0], maps[1], maps[2]
			vector := newGuarded(1, 1, c, 0)
			vector.randomize(rng)
			scale, shift := randomSlice(rng, c), randomSlice(rng, c)
			act := Activation{Kind: ReLU, Max: 2}
			team := newTeam(2)

			check := func(what string, got, inPlace []float32, terms int, f func(p, c int) (value, abs float64)) {
				t.Helper()
				if inPlace != nil && !sameBits(got, inPlace) {
					t.Errorf("%s: other bits in place", what)
				}
				var want, bound []float64
				for p := range h * w {
					for ch := range c {
						v, abs := f(p, ch)
						want, bound = append(want, v), append(bound, sumBound(terms, abs))
					}
				}
				compare(t, got, want, bound)
			}
			at := func(m guarded, p, c int) float64 { return float64(m.pixel(p)[c]) }

			check("affine",
				everyWay(t, newTeam, h, w, c, x, func(team *Team, dst, src Map) { Affine(team, dst, src, scale, shift, act) }),
				aliased(t, x, func(m Map) { Affine(team, m, m, scale, shift, act) }),
				2, func(p, c int) (float64, float64) {
					a, b := float64(scale[c])*at(x, p, c), float64(shift[c])
					return referenceActivation(act, a+b), math.Abs(a) + math.Abs(b)
				})
			for _, act := range []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 1}, {Kind: Sigmoid}, {Kind: Swish}} {
				check(fmt.Sprint("activate ", act),
					everyWay(t, newTeam, h, w, c, x, func(team *Team, dst, src Map) { Activate(team, dst, src, act) }),
					aliased(t, x, func(m Map) { Activate(team, m, m, act) }),
					0, func(p, c int) (float64, float64) { return referenceActivation(act, at(x, p, c)), 0 })
			}
			check("add",
				everyWay(t, newTeam, h, w, c, x, func(team *Team, dst, src Map) {
					Add(team, dst, []Map{src, y.Map, z.Map}, Activation{Kind: ReLU})
				}),
				aliased(t, x, func(m Map) { Add(team, m, []Map{m, y.Map, z.Map}, Activation{Kind: ReLU}) }),
				3, func(p, c int) (float64, float64) {
					a, b, d := at(x, p, c), at(y, p, c), at(z, p, c)
					return max(a+b+d, 0), math.Abs(a) + math.Abs(b) + math.Abs(d)
				})
			check("multiply",
				everyWay(t, newTeam, h, w, c, x, func(team *Team, dst, src Map) { Multiply(team, dst, src, y.Map) }),
				aliased(t, x, func(m Map) { Multiply(team, m, m, y.Map) }),
				0, func(p, c int) (float64, float64) { return at(x, p, c) * at(y, p, c), 0 })
			check("multiply into y",
				aliased(t, y, func(m Map) { Multiply(team, m, x.Map, m) }), nil,
				0, func(p, c int) (float64, float64) { return at(x, p, c) * at(y, p, c), 0 })
			check("multiply by [1, 1, C]",
				everyWay(t, newTeam, h, w, c, x, func(team *Team, dst, src Map) { Multiply(team, dst, src, vector.Map) }),
				aliased(t, x, func(m Map) { Multiply(team, m, m, vector.Map) }),
				0, func(p, c int) (float64, float64) { return at(x, p, c) * at(vector, 0, c), 0 })
			check("softmax",
				everyWay(t, newTeam, h, w, c, x, Softmax),
				aliased(t, x, func(m Map) { Softmax(team, m, m) }),
				0, func(p, c int) (float64, float64) {
					var sum float64
					for _, v := range x.pixel(p) {
						sum += math.Exp(float64(v))
					}
					return math.Exp(at(x, p, c)) / sum, 0
				})
		})
	}
}

func TestActivationsOfSpecialValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	negativeNaN := math.Float32frombits(0xFFC00000) // what an x86 CPU makes of Inf − Inf
	zero := float32(math.Copysign(0, -1))
	tiny := float32(math.SmallestNonzeroFloat32)
	for _, c := range []struct {
		act     Activation
		x, want float32
	}{
		{Activation{Kind: ReLU}, nan, nan},
		{Activation{Kind: ReLU}, negativeNaN, nan},
		{Activation{Kind: ReLU}, inf, inf},
		{Activation{Kind: ReLU}, -inf, 0},
		{Activation{Kind: ReLU}, zero, 0},
		{Activation{Kind: ReLU}, tiny, tiny},
		{Activation{Kind: ReLU}, -tiny, 0},
		{Activation{Kind: ReLU, Max: 6}, nan, nan},
		{Activation{Kind: ReLU, Max: 6}, negativeNaN, nan},
		{Activation{Kind: ReLU, Max: 6}, inf, 6},
		{Activation{Kind: ReLU, Max: 6}, -inf, 0},
		{Activation{Kind: ReLU, Max: 6}, zero, 0},
		{Activation{Kind: ReLU, Max: 6}, 6, 6},
		{Activation{Kind: ReLU, Max: 6}, math.Nextafter32(6, 7), 6},
		{Activation{Kind: ReLU, Max: 6}, math.Nextafter32(6, 5), math.Nextafter32(6, 5)},
		{Activation{Kind: ReLU, Max: inf}, inf, inf},
		{Activation{Kind: ReLU, Max: inf}, 7, 7},
		{Activation{Kind: ReLU, Max: inf}, nan, nan},
		{Activation{Kind: Sigmoid}, nan, nan},
		{Activation{Kind: Sigmoid}, inf, 1},
		{Activation{Kind: Sigmoid}, -inf, 0},
		{Activation{Kind: Sigmoid}, -200, 0},
		{Activation{Kind: Sigmoid}, 0, 0.5},
		{Activation{Kind: Swish}, nan, nan},
		{Activation{Kind: Swish}, inf, inf},
		{Activation{Kind: Swish}, -inf, nan},
		{Activation{Kind: Swish}, zero, zero},
		{Activation{}, zero, zero},
	} {
		got := []float32{c.x}
		c.act.apply(got)
		if c.want != c.want {
			if got[0] == got[0] {
				t.Errorf("%v of %g: want NaN, got %g", c.act, c.x, got[0])
			}
		} else if math.Float32bits(got[0]) != math.Float32bits(c.want) {
			t.Errorf("%v of %g: want %g, got %g", c.act, c.x, c.want, got[0])
		}
	}
}

func TestSoftmaxOfSpecialValues(t *testing.T) { battery(t, testSoftmaxOfSpecialValues) }

func testSoftmaxOfSpecialValues(t *testing.T, newTeam func(threads int) *Team) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct{ x, want [3]float32 }{
		{[3]float32{1e38, -1e38, 1e38}, [3]float32{0.5, 0, 0.5}},
		{[3]float32{-inf, 0, -inf}, [3]float32{0, 1, 0}},
		{[3]float32{-inf, -inf, -inf}, [3]float32{nan, nan, nan}},
		{[3]float32{0, nan, 1}, [3]float32{nan, nan, nan}},
		{[3]float32{nan, 0, 1}, [3]float32{nan, nan, nan}},
		{[3]float32{0, inf, 1}, [3]float32{nan, nan, nan}},
	} {
		m := Map{Data: c.x[:], H: 1, W: 1, C: 3, Stride: 3}
		dst := NewMap(1, 1, 3)
		Softmax(newTeam(1), dst, m)
		for i, got := range dst.Data {
			if want := c.want[i]; got != want && (got == got || want == want) {
				t.Errorf("softmax of %v: want %v, got %v", c.x, c.want, dst.Data)
				break
			}
		}
	}
}
