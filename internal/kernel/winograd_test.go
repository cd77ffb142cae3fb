package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestWinogradTransformsAreTheMatrices feeds the unrolled transforms a one among
// zeros, which gives products of two entries of the derived matrices. These are
// exact. Other channels hold other numbers.
func TestWinogradTransformsAreTheMatrices(t *testing.T) {
	battery(t, func(t *testing.T, newTeam func(threads int) *Team) {
		impl := newTeam(1).Implementation()
		for _, tile := range []int{2, 4} {
			f, size := filterOf(tile), tile+2
			const n, stride, gap = 16, 19, 23
			for one := range size * size {
				src, lines := make([]float32, size*size*stride), make([]float32, size*size*n)
				for c := range n {
					src[one*stride+c] = float32(c + 1)
				}
				v, dst := nans(size*size*gap), nans(size*size*gap)
				in := inputTransform{tile, v, gap, src, size * stride, stride, n, lines}
				in.run(impl)
				out := outputTransform{tile, dst, tile * gap, gap, src, stride, make([]float32, n), false, Activation{}, lines}
				out.run(impl)
				for at := range size * size * n {
					p, c := at/n, at%n
					want := f.bt[p/size][one/size] * f.bt[p%size][one%size] * float64(c+1)
					if got := v[p*gap+c]; float64(got) != want {
						t.Fatalf("F(%d, 3): Bᵀ·d·B at %d for a one at %d: want %g, got %g", tile, p, one, want, got)
					}
					if p >= tile*tile {
						continue
					}
					want = f.at[p/tile][one/size] * f.at[p%tile][one%size] * float64(c+1)
					if got := dst[p*gap+c]; float64(got) != want {
						t.Fatalf("F(%d, 3): Aᵀ·m·A at %d for a one at %d: want %g, got %g", tile, p, one, want, got)
					}
				}
			}
		}
	})
}

// derived bounds the rounding of the matrices in float64.
const derived = 1e-14

// TestMinimalFilter: output i is the sum of weight k times input i+k, and of
// nothing else.
func TestMinimalFilter(t *testing.T) {
	for _, tile := range []int{2, 4} {
		f := filterOf(tile)
		for i := range tile {
			for k := range 3 {
				for n := range tile + 2 {
					got, want := 0.0, 0.0
					for j := range tile + 2 {
						got += f.at[i][j] * f.g[j][k] * f.bt[j][n]
					}
					if n == i+k {
						want = 1
					}
					if math.Abs(got-want) > derived {
						t.Errorf("F(%d, 3): output %d, weight %d, input %d: want %g, got %g", tile, i, k, n, want, got)
					}
				}
			}
		}
	}
}

// winogradCases covers maps smaller than a tile, tiles cut at every remainder,
// four different paddings, channels that are and are not whole vectors, several
// blocks of tiles, and sums longer than one block of weights.
func winogradCases() []convCase {
	sizes := [][2]int{{1, 1}, {2, 3}, {3, 2}, {4, 4}, {5, 7}, {9, 8}, {11, 11}, {6, 10}, {13, 3}, {20, 23}}
	channels := [][2]int{{1, 1}, {3, 5}, {8, 16}, {16, 8}, {24, 40}, {31, 33}, {72, 17}, {7, 72}, {5, 13}}
	pads := [][4]int{{}, {1, 1, 1, 1}, {0, 3, 2, 1}, {5, 0, 1, 7}}
	acts := []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 1.5}, {Kind: Sigmoid}, {Kind: Swish}}
	var cases []convCase
	for i, size := range sizes {
		for j, c := range channels {
			g := Geometry{Kernel: [2]int{3, 3}, Pad: pads[(i+j)%len(pads)]}
			if h, w := g.Out(size[0], size[1]); h > 0 && w > 0 {
				cases = append(cases, convCase{size[0], size[1], c[0], c[1], 1, g, (i+j)%2 == 0,
					acts[(i+2*j)%len(acts)], (i+j/2)%3 == 0, (i/2+j)%3 == 0})
			}
		}
	}
	return append(cases,
		convCase{9, 9, 520, 9, 1, same(3, 1), true, Activation{Kind: ReLU}, false, false},
		convCase{41, 39, 32, 24, 1, same(3, 1), true, Activation{Kind: ReLU}, false, false},
		convCase{33, 35, 8, 8, 1, same(3, 1), false, Activation{}, false, true})
}

// winogradSlack is the factor on n·unit·Σ over channels of max|pixel under the
// tile|·Σ|weights| that rounding errors stay below, n being the roundings on a
// value's way: one a channel and those of the transforms. The worst case of the
// matrices is far above it; random data reached a third.
const (
	winogradSlack      = 3
	transformRoundings = 8
)

// winogradReference is the definition in float64, with a bound for algorithms
// that mix all pixels under a tile.
func winogradReference(c ConvConfig, tile int, src, dst Map) (want, bound []float64) {
	want, bound = referenceConv(c, src, dst)
	g := c.Geometry.normal()
	value := func(y, x, i int) float64 {
		if y < 0 || x < 0 || y >= src.H || x >= src.W {
			return 0
		}
		v, _ := c.Prologue.reference(float64(src.pixel(y*src.W + x)[i]), i)
		return v
	}
	sums := make([]float64, c.In*c.Out) // Σ|weights|
	for at, w := range c.Weights {
		sums[at%(c.In*c.Out)] += math.Abs(float64(w))
	}
	highest := make([]float64, c.In)
	for y0 := 0; y0 < dst.H; y0 += tile {
		for x0 := 0; x0 < dst.W; x0 += tile {
			for i := range highest {
				highest[i] = 0
				for n := range (tile + 2) * (tile + 2) {
					v := value(y0-g.Pad[0]+n/(tile+2), x0-g.Pad[2]+n%(tile+2), i)
					highest[i] = max(highest[i], math.Abs(v))
				}
			}
			for o := range c.Out {
				var size float64
				for i, v := range highest {
					size += v * sums[i*c.Out+o]
				}
				if c.Bias != nil {
					size += math.Abs(float64(c.Bias[o]))
				}
				for y := y0; y < min(y0+tile, dst.H); y++ {
					for x := x0; x < min(x0+tile, dst.W); x++ {
						size := size
						if c.Accumulate {
							size += math.Abs(float64(dst.pixel(y*dst.W + x)[o]))
						}
						bound[(y*dst.W+x)*c.Out+o] = winogradSlack * float64(c.In+transformRoundings) * unit * size
					}
				}
			}
		}
	}
	return want, bound
}

// checkWinograd runs the case with tiles of both sizes, with stride in src and
// dst and without, in blocks that workers own and in blocks that they share, and
// compares all runs.
func checkWinograd(t *testing.T, c convCase, rng *rand.Rand, teams ...*Team) {
	t.Helper()
	config := c.config(rng)
	oh, ow := c.g.Out(c.h, c.w)
	src, before := newGuarded(c.h, c.w, c.in, 0), newGuarded(oh, ow, c.out, 0)
	src.randomize(rng)
	before.randomize(rng)
	for _, tile := range []int{2, 4} {
		conv := NewWinograd(config, tile)
		want, bound := winogradReference(config, tile, src.Map, before.Map)
		var first []float32
		for _, team := range teams {
			for _, extra := range []int{0, 3} {
				in, dst := src.restride(extra), newGuarded(oh, ow, c.out, extra)
				if c.accumulate {
					dst = before.restride(extra)
				}
				conv.shared = extra > 0 != (c.in > c.out)
				conv.Run(team, dst.Map, in.Map, nans(conv.Scratch(team.Threads(), c.h, c.w)))
				dst.checkGuards(t)
				got := dst.values()
				if first == nil {
					first = got
					compare(t, got, want, bound)
				} else if !sameBits(first, got) {
					t.Errorf("tile %d, threads %d, stride +%d, shared=%v: other bits than with one thread and compact maps", tile, team.Threads(), extra, conv.shared)
				}
			}
		}
	}
}

// nans is scratch that spoils whatever is computed from it unwritten.
func nans(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.NaN())
	}
	return s
}

func TestWinogradMatchesFloat64(t *testing.T) {
	battery(t, func(t *testing.T, newTeam func(threads int) *Team) {
		rng := rand.New(rand.NewPCG(31, 32))
		teams := []*Team{newTeam(1), newTeam(2), newTeam(4)}
		for _, c := range winogradCases() {
			t.Run(c.String(), func(t *testing.T) { checkWinograd(t, c, rng, teams...) })
		}
	})
}

func FuzzWinograd(f *testing.F) {
	f.Add(uint64(1), byte(9), byte(8), byte(3), byte(5), uint32(0x01010101))
	f.Add(uint64(2), byte(2), byte(3), byte(16), byte(24), uint32(0x01010101))
	f.Add(uint64(7), byte(4), byte(13), byte(8), byte(31), uint32(0x03020100))
	f.Fuzz(func(t *testing.T, seed uint64, h, w, in, out byte, pad uint32) {
		c := convCase{
			h: int(h)%20 + 1, w: int(w)%20 + 1, in: int(in)%72 + 1, out: int(out)%40 + 1, groups: 1,
			g: Geometry{Kernel: [2]int{3, 3},
				Pad: [4]int{int(pad>>24) % 9, int(pad>>16) % 9, int(pad>>8) % 9, int(pad) % 9}},
			bias: seed%2 == 0, prologue: seed/2%2 == 0, accumulate: seed/4%2 == 0,
			act: Activation{Kind: ActivationKind(seed / 8 % 4)},
		}
		if oh, ow := c.g.Out(c.h, c.w); oh > 0 && ow > 0 {
			checkWinograd(t, c, rand.New(rand.NewPCG(seed, 0)), newTeam(1), newTeam(3))
			checkWinograd(t, c, rand.New(rand.NewPCG(seed, 0)), mustTeam(1, Auto), mustTeam(3, Auto))
		}
	})
}

// Errors, relative to the rms of the result, measured for half-positive inputs
// and He weights: rms of F(4×4) 6.9e-7, 9.1e-7 and 1.6e-6 and of F(2×2) 2.4e-7,
// 3.1e-7 and 6.0e-7 for 64, 128 and 512 channels. They grow with the order of
// summation inside the products, so implementations may differ.
const (
	accuracySlack  = 3  // on the rms
	accuracySpread = 12 // from the rms to the largest of some ten thousand errors
)

func TestWinogradAccuracy(t *testing.T) { battery(t, testWinogradAccuracy) }

func testWinogradAccuracy(t *testing.T, newTeam func(threads int) *Team) {
	for _, c := range []struct {
		tile, in int
		rms      float64
	}{
		{4, 64, 6.8e-7}, {4, 128, 8.9e-7}, {4, 512, 1.6e-6},
		{2, 64, 2.4e-7}, {2, 128, 3.1e-7}, {2, 512, 6.0e-7},
	} {
		rng := rand.New(rand.NewPCG(33, 34))
		config := ConvConfig{Geometry: same(3, 1), In: c.in, Out: 16, Groups: 1, Weights: randomSlice(rng, 9*c.in*16)}
		for i := range config.Weights {
			config.Weights[i] *= float32(math.Sqrt(2 / float64(9*c.in)))
		}
		src, dst := newGuarded(14, 14, c.in, 0), newGuarded(14, 14, 16, 0)
		src.randomize(rng)
		rectify(src.Data[:14*14*c.in])
		conv := NewWinograd(config, c.tile)
		conv.Run(newTeam(1), dst.Map, src.Map, nans(conv.Scratch(1, 14, 14)))
		want, _ := referenceConv(config, src.Map, dst.Map)
		var squares, errors, worst float64
		for i, v := range dst.values() {
			e := math.Abs(float64(v) - want[i])
			squares, errors, worst = squares+want[i]*want[i], errors+e*e, max(worst, e)
		}
		rms := math.Sqrt(errors / squares)
		worst /= math.Sqrt(squares / float64(len(want)))
		t.Logf("F(%d×%d), %d channels: rms %.2g, largest %.2g", c.tile, c.tile, c.in, rms, worst)
		if rms > accuracySlack*c.rms || worst > accuracySpread*c.rms {
			t.Errorf("F(%d×%d), %d channels: want errors of rms %.2g, got %.2g, largest %.2g", c.tile, c.tile, c.in, c.rms, rms, worst)
		}
	}
}

// TestWinogradKeepsNaN: NaN reaches every output whose window holds it, through
// a ReLU too, and no output of another tile.
func TestWinogradKeepsNaN(t *testing.T) { battery(t, testWinogradKeepsNaN) }

func testWinogradKeepsNaN(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(35, 36))
	for _, tile := range []int{2, 4} {
		c := convCase{in: 8, out: 8, g: same(3, 1), groups: 1, bias: true, act: Activation{Kind: ReLU}}.config(rng)
		src, dst := newGuarded(12, 13, 8, 0), newGuarded(12, 13, 8, 0)
		src.randomize(rng)
		src.pixel(5*13 + 7)[3] = float32(math.NaN())
		conv := NewWinograd(c, tile)
		conv.Run(newTeam(1), dst.Map, src.Map, nans(conv.Scratch(1, 12, 13)))
		for p := range dst.Pixels() {
			y, x := p/13, p%13
			inWindow := y >= 4 && y <= 6 && x >= 6 && x <= 8
			under := func(at, first int) bool { return first-1 <= at && at <= first+tile } // tile with that first pixel
			inTile := under(5, y/tile*tile) && under(7, x/tile*tile)
			for _, v := range dst.pixel(p) {
				if isNaN := v != v; isNaN && !inTile || !isNaN && inWindow {
					t.Fatalf("tile %d, pixel %d, %d: got %g", tile, y, x, v)
				}
			}
		}
	}
}

func TestWinogradAllocatesNothing(t *testing.T) { battery(t, testWinogradAllocatesNothing) }

func testWinogradAllocatesNothing(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(37, 38))
	for _, prologue := range []bool{false, true} {
		c := convCase{in: 16, out: 16, g: same(3, 1), groups: 1, prologue: prologue, accumulate: prologue}.config(rng)
		for _, threads := range []int{1, 2} {
			team, most := newTeam(threads), 0.0
			if threads > 1 {
				most = threadAllocs
			}
			conv, src, dst := NewWinograd(c, 4), NewMap(31, 31, 16), NewMap(31, 31, 16)
			for _, conv.shared = range []bool{false, true} {
				if conv.shared {
					most *= 3 // calls of For
				}
				scratch := make([]float32, conv.Scratch(threads, 31, 31))
				if got := testing.AllocsPerRun(3, func() { conv.Run(team, dst, src, scratch) }); got > most {
					t.Errorf("%d threads, shared=%v: want at most %g allocations, got %g", threads, conv.shared, most, got)
				}
			}
		}
	}
}

func TestWinogradTile(t *testing.T) {
	for _, c := range []struct {
		g                   Geometry
		groups, in, out     int
		height, width, want int
	}{
		{same(3, 1), 1, 64, 64, 83, 83, 4},
		{same(3, 1), 0, 256, 256, 21, 21, 4},
		{same(3, 1), 1, 512, 512, 20, 20, 4},
		{same(3, 1), 1, 512, 512, 14, 14, 2},
		{same(3, 1), 1, 512, 512, 11, 11, 2},
		{same(3, 1), 1, 256, 256, 14, 14, 4},
		{same(3, 1), 1, 128, 32, 20, 20, 4},
		{same(3, 1), 1, 128, 32, 10, 10, 2},
		{same(3, 1), 1, 128, 32, 4, 4, 0},
		{Geometry{Kernel: [2]int{3, 3}}, 1, 64, 64, 83, 83, 4},
		{same(3, 1), 1, 64, 64, 2, 200, 2}, // half of every tile of 4 would be lost
		{same(3, 1), 1, 64, 64, 1, 200, 0},
		{same(3, 1), 1, 3, 64, 224, 224, 0},
		{same(3, 1), 2, 64, 64, 83, 83, 0},
		{same(3, 2), 1, 64, 64, 83, 83, 0},
		{same(5, 1), 1, 64, 64, 83, 83, 0},
		{Geometry{}, 1, 64, 64, 83, 83, 0},
		{Geometry{Kernel: [2]int{3, 3}, Dilation: [2]int{2, 2}}, 1, 64, 64, 83, 83, 0},
	} {
		if got := WinogradTile(c.g, c.groups, c.in, c.out, c.height, c.width); got != c.want {
			t.Errorf("%+v, groups %d, %d to %d channels, %d×%d: want %d, got %d", c.g, c.groups, c.in, c.out, c.height, c.width, c.want, got)
		}
	}
}

func TestBrokenWinogradPanics(t *testing.T) {
	team := newTeam(1)
	config := ConvConfig{Geometry: same(3, 1), In: 2, Out: 3, Weights: make([]float32, 54)}
	conv, src, dst := NewWinograd(config, 4), NewMap(5, 5, 2), NewMap(5, 5, 3)
	bad := func(change func(c *ConvConfig)) func() {
		c := config
		change(&c)
		return func() { NewWinograd(c, 4) }
	}
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"tiles of 3", func() { NewWinograd(config, 3) }},
		{"stride", bad(func(c *ConvConfig) { c.Geometry.Stride = [2]int{2, 2} })},
		{"in 2 groups", bad(func(c *ConvConfig) { c.Groups = 2 })},
		{"want 54 weights, got 53", bad(func(c *ConvConfig) { c.Weights = c.Weights[1:] })},
		{"want 3 biases or none, got 1", bad(func(c *ConvConfig) { c.Bias = make([]float32, 1) })},
		{"want channels", bad(func(c *ConvConfig) { c.In = 0 })},
		{"want 2 scales and shifts", bad(func(c *ConvConfig) { c.Prologue = &Prologue{} })},
		{"of scratch, got 0", func() { conv.Run(team, dst, src, nil) }},
		{"dst: want shape [5, 5, 3], got [5, 5, 2]", func() { conv.Run(team, src, src, nil) }},
		{"src: want shape [5, 5, 2], got [5, 5, 3]", func() { conv.Run(team, dst, dst, nil) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, c.want) {
					t.Errorf("want a panic that says %q, got %q", c.want, got)
				}
			}()
			c.f()
		}()
	}
}
