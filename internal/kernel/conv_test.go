package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// convCase is a convolution and the map it runs on.
type convCase struct {
	h, w, in, out, groups int
	g                     Geometry
	bias                  bool
	act                   Activation
	prologue, accumulate  bool
}

func (c convCase) String() string {
	return fmt.Sprintf("%dx%dx%d-%d,groups%d,k%v,s%v,d%v,p%v,bias=%v,act%v,prologue=%v,accumulate=%v",
		c.h, c.w, c.in, c.out, c.groups, c.g.Kernel, c.g.Stride, c.g.Dilation, c.g.Pad, c.bias, c.act, c.prologue, c.accumulate)
}

// config makes up the parameters of the case.
func (c convCase) config(rng *rand.Rand) ConvConfig {
	return c.configFrom(func(n int) []float32 { return randomSlice(rng, n) })
}

// configFrom is config with numbers that draw makes.
func (c convCase) configFrom(draw func(n int) []float32) ConvConfig {
	config := ConvConfig{Geometry: c.g, Groups: c.groups, In: c.in, Out: c.out, Activation: c.act, Accumulate: c.accumulate,
		Weights: draw(c.g.normal().taps() * c.in / c.groups * c.out)}
	if c.bias {
		config.Bias = draw(c.out)
	}
	if c.prologue {
		config.Prologue = &Prologue{draw(c.in), draw(c.in), c.act}
	}
	return config
}

// geometries has every kind of window: kernels 1 to 7 and not square, strides,
// dilations, paddings of four different sides, windows larger than the map.
var geometries = []struct {
	h, w int
	g    Geometry
}{
	{5, 7, Geometry{}},
	{1, 1, Geometry{Kernel: [2]int{1, 1}}},
	{7, 5, Geometry{Kernel: [2]int{1, 1}, Stride: [2]int{2, 3}}},
	{4, 4, Geometry{Kernel: [2]int{1, 1}, Pad: [4]int{1, 0, 2, 1}}},
	{9, 8, Geometry{Kernel: [2]int{3, 3}}},
	{9, 8, Geometry{Kernel: [2]int{3, 3}, Pad: [4]int{1, 1, 1, 1}}},
	{9, 8, Geometry{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{0, 1, 0, 1}}},
	{11, 6, Geometry{Kernel: [2]int{3, 2}, Stride: [2]int{1, 2}, Pad: [4]int{2, 0, 1, 3}}},
	{11, 9, Geometry{Kernel: [2]int{3, 3}, Dilation: [2]int{2, 3}, Pad: [4]int{2, 2, 3, 3}}},
	{6, 13, Geometry{Kernel: [2]int{5, 5}, Stride: [2]int{3, 2}, Dilation: [2]int{1, 2}, Pad: [4]int{4, 1, 0, 5}}},
	{13, 12, Geometry{Kernel: [2]int{7, 7}, Stride: [2]int{2, 2}, Pad: [4]int{3, 3, 3, 3}}},
	{2, 3, Geometry{Kernel: [2]int{7, 5}, Pad: [4]int{3, 3, 2, 2}}},
	{1, 1, Geometry{Kernel: [2]int{3, 3}, Pad: [4]int{1, 1, 1, 1}}},
	{2, 2, Geometry{Kernel: [2]int{3, 3}, Dilation: [2]int{4, 4}, Pad: [4]int{4, 4, 4, 4}}},
	{3, 3, Geometry{Kernel: [2]int{2, 2}, Pad: [4]int{3, 4, 5, 2}}},
	{5, 21, Geometry{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 0, 0, 1}}},
	{6, 33, Geometry{Kernel: [2]int{7, 7}, Stride: [2]int{2, 2}, Pad: [4]int{3, 3, 3, 3}}},
	{9, 17, Geometry{Kernel: [2]int{3, 2}, Stride: [2]int{1, 2}, Dilation: [2]int{3, 1}}},
	{4, 28, Geometry{Kernel: [2]int{1, 1}, Stride: [2]int{2, 3}}},
}

func convCases() []convCase {
	channels := []struct{ in, out, groups int }{
		{1, 1, 1}, {3, 5, 1}, {5, 3, 1}, {31, 33, 1}, {33, 31, 1}, {4, 8, 1},
		{4, 4, 4}, {6, 9, 3}, {10, 4, 2},
	}
	acts := []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 1.5}, {Kind: Sigmoid}, {Kind: Swish}}
	var cases []convCase
	for i, g := range geometries {
		for j, c := range channels {
			cases = append(cases, convCase{g.h, g.w, c.in, c.out, c.groups, g.g, (i+j)%2 == 0, acts[(i+j)%len(acts)], (i+j/2)%2 == 0, (i/2+j)%2 == 0})
		}
	}
	// Longer sums than one block of weights, and more work than one block of output;
	// kernel lines of several to a block, of parts of equal size, and of neither.
	wide := Geometry{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}}
	return append(cases,
		convCase{5, 19, 67, 34, 1, wide, true, Activation{Kind: ReLU}, true, true},
		convCase{5, 17, 172, 5, 1, wide, true, Activation{}, false, true},
		convCase{3, 18, 173, 5, 1, wide, false, Activation{}, false, false},
		convCase{3, 3, 1100, 6, 1, Geometry{}, true, Activation{}, false, false},
		convCase{7, 3, 1100, 9, 1, Geometry{}, true, Activation{Kind: ReLU}, true, true},
		convCase{5, 5, 130, 37, 1, Geometry{Kernel: [2]int{3, 3}, Pad: [4]int{1, 1, 1, 1}}, true, Activation{Kind: ReLU}, true, false},
		convCase{23, 23, 67, 70, 1, Geometry{}, false, Activation{}, false, true},
		convCase{1, 1, 700, 1001, 1, Geometry{}, true, Activation{}, false, false},
		convCase{19, 21, 19, 40, 1, Geometry{Kernel: [2]int{3, 3}, Pad: [4]int{1, 1, 1, 1}}, true, Activation{}, false, false})
}

// referenceConv is the definition in float64, dst being what the output held.
// The second result is the error bound of every element before the activation.
func referenceConv(c ConvConfig, src, dst Map) (want, bound []float64) {
	g := c.Geometry.normal()
	ci, co := c.In/c.Groups, c.Out/c.Groups
	for p := range dst.Pixels() {
		for o := range c.Out {
			var sum, abs, inexact float64
			terms := 1
			if c.Accumulate {
				sum = float64(dst.pixel(p)[o])
				abs = math.Abs(sum)
			}
			if c.Bias != nil {
				sum += float64(c.Bias[o])
				abs += math.Abs(float64(c.Bias[o]))
				terms++
			}
			for ky := range g.Kernel[0] {
				for kx := range g.Kernel[1] {
					y := p/dst.W*g.Stride[0] - g.Pad[0] + ky*g.Dilation[0]
					x := p%dst.W*g.Stride[1] - g.Pad[2] + kx*g.Dilation[1]
					for i := range ci {
						var v, e float64
						if y >= 0 && y < src.H && x >= 0 && x < src.W {
							v, e = c.Prologue.reference(float64(src.pixel(y*src.W + x)[o/co*ci+i]), o/co*ci+i)
						}
						w := float64(c.Weights[((ky*g.Kernel[1]+kx)*ci+i)*c.Out+o])
						v *= w
						sum += v
						abs += math.Abs(v)
						inexact += e * math.Abs(w)
						terms++
					}
				}
			}
			want = append(want, referenceActivation(c.Activation, sum))
			bound = append(bound, sumBound(terms, abs)+inexact)
		}
	}
	return want, bound
}

// reference is the prologue of value x of channel c, and its error bound.
func (p *Prologue) reference(x float64, c int) (value, bound float64) {
	if p == nil {
		return x, 0
	}
	a, b := float64(p.Scale[c])*x, float64(p.Shift[c])
	value = referenceActivation(p.Activation, a+b)
	return value, steepest*sumBound(2, math.Abs(a)+math.Abs(b)) + activationSlack*unit*math.Abs(value)
}

func TestConvMatchesFloat64(t *testing.T) { battery(t, testConvMatchesFloat64) }

func testConvMatchesFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range convCases() {
		t.Run(c.String(), func(t *testing.T) {
			config := c.config(rng)
			conv := NewConv2D(config)
			src, before := newGuarded(c.h, c.w, c.in, 0), newGuarded(conv.outShape(c.h, c.w))
			src.randomize(rng)
			before.randomize(rng)
			want, bound := referenceConv(config, src.Map, before.Map)
			var first []float32
			for _, threads := range []int{1, 2, 4} {
				for _, extra := range []int{0, 3} {
					team := newTeam(threads)
					in := src.restride(extra)
					dst := newGuarded(before.H, before.W, before.C, extra)
					if c.accumulate {
						dst = before.restride(extra)
					}
					scratch := randomSlice(rng, conv.Scratch(threads, c.h, c.w))
					conv.Run(team, dst.Map, in.Map, scratch)
					dst.checkGuards(t)
					got := dst.values()
					if first == nil {
						first = got
						compare(t, got, want, bound)
					} else if !sameBits(first, got) {
						t.Errorf("threads %d, stride +%d: other bits than with one thread and compact maps", threads, extra)
					}
				}
			}
		})
	}
}

func (c *Conv2D) outShape(h, w int) (height, width, channels, extra int) {
	height, width, channels = c.Out(h, w)
	return height, width, channels, 0
}

// TestConvKeepsSpecialValues: special values reach the outputs whose windows
// hold them and no others, through zero weights and paddings too.
func TestConvKeepsSpecialValues(t *testing.T) { battery(t, testConvKeepsSpecialValues) }

func testConvKeepsSpecialValues(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, special := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, g := range []Geometry{{}, {Kernel: [2]int{3, 3}, Pad: [4]int{1, 1, 1, 1}}} {
			for _, act := range []Activation{{}, {Kind: ReLU}} {
				c := convCase{h: 6, w: 5, in: 3, out: 5, groups: 1, g: g, bias: true, act: act}.config(rng)
				c.Weights[1] = 0
				src := newGuarded(6, 5, c.In, 0)
				src.randomize(rng)
				src.pixel(2*src.W + 3)[0] = float32(special)
				conv := NewConv2D(c)
				dst := newGuarded(src.H, src.W, c.Out, 1)
				conv.Run(newTeam(2), dst.Map, src.Map, make([]float32, conv.Scratch(2, src.H, src.W)))
				dst.checkGuards(t)
				want, bound := referenceConv(c, src.Map, dst.Map)
				compare(t, dst.values(), want, bound)
			}
		}
	}
}

// TestConvMinusZero: a sum of zeros starts from the bias, whose sign it keeps.
func TestConvMinusZero(t *testing.T) { battery(t, testConvMinusZero) }

func testConvMinusZero(t *testing.T, newTeam func(threads int) *Team) {
	zero := float32(math.Copysign(0, -1))
	for _, c := range []struct{ bias, x, w, want float32 }{
		{zero, zero, 1, zero}, {zero, 0, 1, 0}, {0, zero, 1, 0}, {zero, 0, -1, zero},
	} {
		conv := NewConv2D(ConvConfig{In: 1, Out: 1, Weights: []float32{c.w}, Bias: []float32{c.bias}})
		dst := NewMap(1, 1, 1)
		conv.Run(newTeam(1), dst, Map{Data: []float32{c.x}, H: 1, W: 1, C: 1, Stride: 1}, nil)
		if math.Float32bits(dst.Data[0]) != math.Float32bits(c.want) {
			t.Errorf("%g + %g·%g: want %g, got %g", c.bias, c.x, c.w, c.want, dst.Data[0])
		}
	}
}

// TestConvIsShared runs one convolution and one team from several goroutines.
func TestConvIsShared(t *testing.T) { battery(t, testConvIsShared) }

func testConvIsShared(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(23, 24))
	conv := NewConv2D(ConvConfig{Geometry: same(3, 1), In: 40, Out: 40, Weights: randomSlice(rng, 9*40*40), Activation: Activation{Kind: ReLU}})
	team, src := newTeam(2), newGuarded(17, 19, 40, 1)
	src.randomize(rng)
	results := make([]Map, 4)
	var all sync.WaitGroup
	for i := range results {
		results[i] = NewMap(17, 19, 40)
		all.Go(func() {
			scratch := make([]float32, conv.Scratch(2, 17, 19))
			for range 3 {
				conv.Run(team, results[i], src.Map, scratch)
			}
		})
	}
	all.Wait()
	for i := range results {
		if !sameBits(results[i].Data, results[0].Data) {
			t.Errorf("goroutine %d: other bits than goroutine 0", i)
		}
	}
}

func FuzzConv(f *testing.F) {
	f.Add(uint64(1), byte(9), byte(8), byte(3), byte(5), byte(0), uint16(0x0303), uint16(0x0101), uint16(0x0101), uint32(0x01010101), byte(2))
	f.Add(uint64(2), byte(1), byte(1), byte(4), byte(4), byte(3), uint16(0x0507), uint16(0x0203), uint16(0x0201), uint32(0x03020100), byte(1))
	f.Add(uint64(3), byte(2), byte(13), byte(33), byte(31), byte(0), uint16(0x0101), uint16(0x0101), uint16(0x0101), uint32(0), byte(4))
	f.Fuzz(func(t *testing.T, seed uint64, h, w, in, out, groups byte, kernel, stride, dilation uint16, pad uint32, threads byte) {
		pairOf := func(v uint16, most int) [2]int { return [2]int{int(v>>8) % most, int(v&255) % most} }
		n := int(groups)%4 + 1
		c := convCase{
			h: int(h)%16 + 1, w: int(w)%16 + 1, in: (int(in)%12 + 1) * n, out: (int(out)%12 + 1) * n, groups: n,
			g: Geometry{
				Kernel: pairOf(kernel, 8), Stride: pairOf(stride, 5), Dilation: pairOf(dilation, 5),
				Pad: [4]int{int(pad>>24) % 9, int(pad>>16) % 9, int(pad>>8) % 9, int(pad) % 9},
			},
			bias: seed%2 == 0, prologue: seed/2%2 == 0, accumulate: seed/4%2 == 0,
		}
		oh, ow := c.g.Out(c.h, c.w)
		if oh == 0 || ow == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		impl := Go + Implementation(threads/4)%Implementation(len(implementationNames)-int(Go))
		if supported(impl) != nil {
			return
		}
		team := mustTeam(int(threads)%4+1, impl)
		config := c.config(rng)
		conv := NewConv2D(config)
		src, before := newGuarded(c.h, c.w, c.in, int(seed%3)), newGuarded(oh, ow, c.out, int(seed%2))
		src.randomize(rng)
		before.randomize(rng)
		dst := before.restride(int(seed % 2))
		conv.Run(team, dst.Map, src.Map, randomSlice(rng, conv.Scratch(team.Threads(), c.h, c.w)))
		dst.checkGuards(t)
		want, bound := referenceConv(config, src.Map, before.Map)
		compare(t, dst.values(), want, bound)
	})
}
