package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestCopyConcatPad(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, s := range elementwiseShapes {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			h, w, c := s[0], s[1], s[2]
			src, other := newGuarded(h, w, c, 0), newGuarded(h, w, 5, 1)
			src.randomize(rng)
			other.randomize(rng)
			if !sameBits(everyWay(t, newTeam, h, w, c, src, Copy), src.values()) {
				t.Error("copy: other values")
			}
			if !sameBits(aliased(t, src, func(m Map) { Copy(newTeam(2), m, m) }), src.values()) {
				t.Error("copy: other values in place")
			}

			joined := everyWay(t, newTeam, h, w, 5+2*c, src, func(team *Team, dst, src Map) {
				Concat(team, dst, []Map{src, other.Map, src})
			})
			var want []float32
			for p := range h * w {
				want = append(append(append(want, src.pixel(p)...), other.pixel(p)...), src.pixel(p)...)
			}
			if !sameBits(joined, want) {
				t.Error("concat: other values")
			}

			pad := [4]int{1, 0, 2, 3}
			padded := everyWay(t, newTeam, h+1, w+5, c, src, func(team *Team, dst, src Map) { Pad(team, dst, src, pad) })
			want = make([]float32, (h+1)*(w+5)*c)
			for p := range h * w {
				copy(want[((p/w+1)*(w+5)+p%w+2)*c:], src.pixel(p))
			}
			if !sameBits(padded, want) {
				t.Error("pad: other values")
			}
		})
	}
}

// TestConcatInPlace: a map that is its channel range of dst already stays, and
// another range beside it is filled.
func TestConcatInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	dst, right := newGuarded(3, 4, 7, 2), newGuarded(3, 4, 2, 0)
	dst.randomize(rng)
	right.randomize(rng)
	var want []float32
	for p := range dst.Pixels() {
		want = append(append(want, dst.pixel(p)[:5]...), right.pixel(p)...)
	}
	Concat(newTeam(2), dst.Map, []Map{dst.Channels(0, 5), right.Map})
	dst.checkGuards(t)
	if !sameBits(dst.values(), want) {
		t.Error("other values")
	}
}

// TestDenseBlock writes a convolution's channels beside the channels it reads,
// in one buffer, as a dense block does.
func TestDenseBlock(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	block := newGuarded(5, 6, 11, 0)
	block.randomize(rng)
	conv := NewConv2D(ConvConfig{Geometry: same(3, 1), In: 7, Out: 4, Weights: randomSlice(rng, 9*7*4)})
	team, dst := newTeam(2), NewMap(5, 6, 4)
	scratch := make([]float32, conv.Scratch(2, 5, 6))
	before := block.restride(0)
	conv.Run(team, dst, block.Channels(0, 7), scratch)
	conv.Run(team, block.Channels(7, 11), block.Channels(0, 7), scratch)
	for p := range block.Pixels() {
		if !sameBits(block.pixel(p)[:7], before.pixel(p)[:7]) || !sameBits(block.pixel(p)[7:], dst.pixel(p)) {
			t.Fatalf("pixel %d: other values than with separate maps", p)
		}
	}
}
