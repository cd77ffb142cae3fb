package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAVX512IsAVX2 compares bits: sums have the same order, and a multiplication is
// fused with an addition in the same places.
func TestAVX512IsAVX2(t *testing.T) {
	if err := supported(AVX512); err != nil {
		t.Skip(err) // tools/avx512 runs it in an emulator
	}
	narrow, wide := mustTeam(1, AVX2), mustTeam(1, AVX512)
	for i, s := range everySpecimen() {
		want, got := values(s.run(heap(uint64(i)), narrow)), values(s.run(heap(uint64(i)), wide))
		if !sameBits(want, got) {
			t.Errorf("%s: other bits", s.name)
		}
	}
}

// special has numbers whose sums and products are exact, and those that follow
// rules of their own.
var special = []float32{
	1, 2, 3, -1, -2, 4, -3, 1, 2, 1, -1, 2, 3, 1, 0, -4, float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1)),
	float32(math.NaN()), math.Float32frombits(0xFFC00000), float32(math.Inf(1)), float32(math.Inf(-1)),
}

// TestImplementationsAgree compares the results of numbers that need no rounding,
// among them NaN, both infinities and both zeros in every lane, to the bit with
// those of plain Go. One NaN is as good as another.
func TestImplementationsAgree(t *testing.T) {
	for impl := Go + 1; int(impl) < len(implementationNames); impl++ {
		t.Run(impl.String(), func(t *testing.T) {
			if err := supported(impl); err != nil {
				t.Skip(err)
			}
			plain, team := newTeam(1), mustTeam(1, impl)
			for i, s := range everySpecimen() {
				if !s.exact() {
					continue
				}
				for _, choice := range []int{len(special), len(special) - 4, 8} { // with NaN and infinities, with zeros, with neither
					run := func(t *Team) []float32 {
						m, rng := heap(0), rand.New(rand.NewPCG(uint64(i), uint64(choice)))
						m.value = func() float32 {
							if rng.IntN(16) > 0 {
								return special[rng.IntN(8)]
							}
							return special[rng.IntN(choice)]
						}
						return values(s.run(m, t))
					}
					want, got := run(plain), run(team)
					for j, w := range want {
						if g := got[j]; math.Float32bits(w) != math.Float32bits(g) && (w == w || g == g) {
							t.Fatalf("%s: value %d: want %g, got %g", s.name, j, w, g)
						}
					}
				}
			}
		})
	}
}
