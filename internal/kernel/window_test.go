package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// everyWay runs a kernel with 1, 2 and 4 threads on compact and wide maps, and
// demands untouched guard words and the same bits each time. It returns the
// values.
func everyWay(t *testing.T, newTeam func(threads int) *Team, h, w, c int, src guarded, run func(team *Team, dst, src Map)) []float32 {
	t.Helper()
	var first []float32
	for _, threads := range []int{1, 2, 4} {
		for _, extra := range []int{0, 3} {
			dst, in := newGuarded(h, w, c, extra), src.restride(extra)
			run(newTeam(threads), dst.Map, in.Map)
			dst.checkGuards(t)
			in.checkGuards(t)
			if got := dst.values(); first == nil {
				first = got
			} else if !sameBits(first, got) {
				t.Fatalf("threads %d, stride +%d: other bits than with one thread and compact maps", threads, extra)
			}
		}
	}
	return first
}

// visit calls f for every pixel of src in the window of output pixel y, x.
func visit(g Geometry, src Map, y, x int, f func(tap int, pixel []float32)) {
	for tap := range g.taps() {
		sy := y*g.Stride[0] - g.Pad[0] + tap/g.Kernel[1]*g.Dilation[0]
		sx := x*g.Stride[1] - g.Pad[2] + tap%g.Kernel[1]*g.Dilation[1]
		if sy >= 0 && sy < src.H && sx >= 0 && sx < src.W {
			f(tap, src.pixel(sy*src.W+sx))
		}
	}
}

func TestDepthwiseMatchesFloat64(t *testing.T) { battery(t, testDepthwiseMatchesFloat64) }

func testDepthwiseMatchesFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(3, 4))
	acts := []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 1.5}, {Kind: Sigmoid}, {Kind: Swish}}
	i := 0
	for _, geo := range geometries {
		for _, channels := range []int{1, 3, 5, 31, 33} {
			for _, multiplier := range []int{1, 2, 3} {
				i++
				act, g := acts[i%len(acts)], geo.g.normal()
				t.Run(fmt.Sprintf("%dx%dx%d·%d,%v,act%v", geo.h, geo.w, channels, multiplier, g, act), func(t *testing.T) {
					out := channels * multiplier
					weights := randomSlice(rng, g.taps()*out)
					var bias []float32
					if i%2 == 0 {
						bias = randomSlice(rng, out)
					}
					d := NewDepthwiseConv2D(geo.g, channels, multiplier, weights, bias, act)
					src := newGuarded(geo.h, geo.w, channels, 0)
					src.randomize(rng)
					h, w, c := d.Out(geo.h, geo.w)
					got := everyWay(t, newTeam, h, w, c, src, func(team *Team, dst, src Map) { d.Run(team, dst, src) })
					var want, bound []float64
					for p := range h * w {
						for o := range out {
							var sum, abs float64
							if bias != nil {
								sum = float64(bias[o])
								abs = math.Abs(sum)
							}
							visit(g, src.Map, p/w, p%w, func(tap int, pixel []float32) {
								v := float64(pixel[o/multiplier]) * float64(weights[tap*out+o])
								sum += v
								abs += math.Abs(v)
							})
							want = append(want, referenceActivation(act, sum))
							bound = append(bound, sumBound(g.taps()+1, abs))
						}
					}
					compare(t, got, want, bound)
				})
			}
		}
	}
}

func TestPoolsMatchFloat64(t *testing.T) { battery(t, testPoolsMatchFloat64) }

func testPoolsMatchFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, geo := range geometries {
		for j, c := range []int{1, 3, 5, 31, 33, 77} {
			g := geo.g.normal()
			prologue := somePrologue(rng, i+j, c)
			t.Run(fmt.Sprintf("%dx%dx%d,%v,prologue=%v", geo.h, geo.w, c, g, prologue != nil), func(t *testing.T) {
				src := newGuarded(geo.h, geo.w, c, 0)
				src.randomize(rng)
				h, w := g.Out(geo.h, geo.w)
				highest := everyWay(t, newTeam, h, w, c, src, func(team *Team, dst, src Map) { MaxPool(team, dst, src, geo.g) })
				mean := everyWay(t, newTeam, h, w, c, src, func(team *Team, dst, src Map) { AveragePool(team, dst, src, geo.g, prologue) })
				for p := range h * w {
					for ch := range c {
						comparePools(t, highest[p*c+ch], mean[p*c+ch], ch, prologue, func(f func(v float32)) {
							visit(g, src.Map, p/w, p%w, func(_ int, pixel []float32) { f(pixel[ch]) })
						})
					}
				}
			})
		}
	}
}

// somePrologue returns none, or one with one of the activations.
func somePrologue(rng *rand.Rand, i, channels int) *Prologue {
	acts := []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 0.5}, {Kind: Swish}}
	if i%(len(acts)+1) == len(acts) {
		return nil
	}
	return &Prologue{randomSlice(rng, channels), randomSlice(rng, channels), acts[i%(len(acts)+1)]}
}

// comparePools compares the maximum and the mean of a window of channel c, whose
// values each goes through, with float64.
func comparePools(t *testing.T, highest, mean float32, c int, prologue *Prologue, each func(f func(v float32))) {
	t.Helper()
	top, sum, abs, inexact, n := math.Inf(-1), 0.0, 0.0, 0.0, 0.0
	each(func(v float32) {
		x, e := prologue.reference(float64(v), c)
		top, sum, abs, inexact, n = max(top, float64(v)), sum+x, abs+math.Abs(x), inexact+e, n+1
	})
	if float64(highest) != top {
		t.Fatalf("channel %d: want maximum %g, got %g", c, top, highest)
	}
	n = max(n, 1)
	compare(t, []float32{mean}, []float64{sum / n}, []float64{(sumBound(int(n), abs) + inexact) / n})
}

func TestGlobalPoolsMatchFloat64(t *testing.T) { battery(t, testGlobalPoolsMatchFloat64) }

func testGlobalPoolsMatchFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(7, 8))
	for i, s := range [][3]int{{1, 1, 1}, {1, 1, 33}, {7, 5, 31}, {11, 11, 130}, {97, 103, 40}, {10, 9, 77}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			src := newGuarded(s[0], s[1], s[2], 0)
			src.randomize(rng)
			prologue := somePrologue(rng, i, s[2])
			highest := everyWay(t, newTeam, 1, 1, s[2], src, GlobalMax)
			mean := everyWay(t, newTeam, 1, 1, s[2], src, func(team *Team, dst, src Map) { GlobalAverage(team, dst, src, prologue) })
			for c := range s[2] {
				comparePools(t, highest[c], mean[c], c, prologue, func(f func(v float32)) {
					for p := range src.Pixels() {
						f(src.pixel(p)[c])
					}
				})
			}
		})
	}
}

// TestGeometryOut has values that Keras gives for "valid" and "same" on the
// maps of ResNet50V2 and DenseNet121 at 331.
func TestGeometryOut(t *testing.T) {
	for _, c := range []struct {
		g    Geometry
		h, w int
		want [2]int
	}{
		{Geometry{}, 5, 7, [2]int{5, 7}},
		{Geometry{Kernel: [2]int{7, 7}, Stride: [2]int{2, 2}, Pad: [4]int{3, 3, 3, 3}}, 331, 331, [2]int{166, 166}},
		{Geometry{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}}, 166, 166, [2]int{83, 83}},
		{Geometry{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}}, 83, 41, [2]int{41, 20}},
		{Geometry{Kernel: [2]int{1, 1}, Stride: [2]int{2, 2}}, 83, 42, [2]int{42, 21}},
		{Geometry{Kernel: [2]int{3, 3}, Dilation: [2]int{2, 2}}, 5, 4, [2]int{1, 0}},
		{Geometry{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}}, 2, 2, [2]int{0, 0}},
	} {
		if h, w := c.g.Out(c.h, c.w); h != c.want[0] || w != c.want[1] {
			t.Errorf("%+v on %d×%d: want %v, got %d×%d", c.g, c.h, c.w, c.want, h, w)
		}
	}
}

// TestPoolsKeepSpecialValues: a NaN makes NaN wherever it lies in a window, and
// infinities obey IEEE 754.
func TestPoolsKeepSpecialValues(t *testing.T) { battery(t, testPoolsKeepSpecialValues) }

func testPoolsKeepSpecialValues(t *testing.T, newTeam func(threads int) *Team) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	window := Geometry{Kernel: [2]int{1, 2}}
	for _, c := range []struct{ a, b, highest, mean float32 }{
		{nan, 1, nan, nan}, {1, nan, nan, nan},
		{inf, 1, inf, inf}, {-inf, 1, 1, -inf}, {-inf, inf, inf, nan}, {-inf, -inf, -inf, -inf},
	} {
		src := Map{Data: []float32{c.a, c.b}, H: 1, W: 2, C: 1, Stride: 1}
		dst, team := NewMap(1, 1, 1), newTeam(1)
		check := func(what string, want float32) {
			t.Helper()
			if got := dst.Data[0]; got != want && (got == got || want == want) {
				t.Errorf("%s of %g and %g: want %g, got %g", what, c.a, c.b, want, got)
			}
		}
		MaxPool(team, dst, src, window)
		check("maximum", c.highest)
		GlobalMax(team, dst, src)
		check("global maximum", c.highest)
		AveragePool(team, dst, src, window, nil)
		check("mean", c.mean)
		GlobalAverage(team, dst, src, nil)
		check("global mean", c.mean)
	}
}
