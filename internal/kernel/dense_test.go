package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestDenseMatchesFloat64(t *testing.T) { battery(t, testDenseMatchesFloat64) }

func testDenseMatchesFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, s := range []struct{ n, in, out int }{
		{1, 1, 1}, {1, 3, 5}, {3, 31, 33}, {2, 600, 3}, {7, 520, 130}, {1, 2560, 120},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			weights, bias, x := randomSlice(rng, s.in*s.out), randomSlice(rng, s.out), randomSlice(rng, s.n*s.in)
			act := Activation{Kind: ReLU}
			d := NewDense(s.in, s.out, weights, bias, act)
			src := newGuarded(1, 1, s.n*s.in, 0)
			copy(src.Data, x)
			got := everyWay(t, newTeam, 1, 1, s.n*s.out, src, func(team *Team, dst, src Map) {
				d.Run(team, dst.Data[:dst.C], src.Data[:src.C])
			})
			var want, bound []float64
			for i := range s.n * s.out {
				o := i % s.out
				sum := float64(bias[o])
				abs := math.Abs(sum)
				for k := range s.in {
					v := float64(x[i/s.out*s.in+k]) * float64(weights[k*s.out+o])
					sum += v
					abs += math.Abs(v)
				}
				want, bound = append(want, referenceActivation(act, sum)), append(bound, sumBound(s.in+1, abs))
			}
			compare(t, got, want, bound)
			for r := range s.n {
				alone := make([]float32, s.out)
				d.Run(newTeam(1), alone, x[r*s.in:(r+1)*s.in])
				if !sameBits(alone, got[r*s.out:(r+1)*s.out]) {
					t.Fatalf("row %d: other bits alone than among %d rows", r, s.n)
				}
			}
		})
	}
}
