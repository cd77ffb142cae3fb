package kennel

import (
	"math"
	"math/rand/v2"
)

// dice is one photo's stream of random numbers.
type dice struct{ *rand.Rand }

// throw starts the stream of one photo: equal arguments, equal numbers.
func throw(seed uint64, breed, index int) dice {
	return dice{rand.New(rand.NewPCG(seed, uint64(breed)<<32|uint64(uint32(index))))}
}

func (d dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }
func (d dice) chance(p float64) bool          { return d.Float64() < p }

// hash scrambles a lattice point into 32 random bits.
func hash(x, y int32, seed uint32) uint32 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ seed*0xcb1ab31f
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

func lattice(x, y int32, seed uint32) float64 { return float64(hash(x, y, seed)) * (1.0 / (1 << 32)) }

// noise is smooth random terrain with hills about one unit wide, in [0, 1].
func noise(x, y float64, seed uint32) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int32(fx), int32(fy)
	x, y = x-fx, y-fy
	x, y = x*x*(3-2*x), y*y*(3-2*y)
	top := mix(lattice(ix, iy, seed), lattice(ix+1, iy, seed), x)
	bottom := mix(lattice(ix, iy+1, seed), lattice(ix+1, iy+1, seed), x)
	return mix(top, bottom, y)
}

// clouds adds octaves of noise, each twice as fine and half as strong, in [0, 1].
func clouds(x, y float64, octaves int, seed uint32) float64 {
	sum, weight, total := 0.0, 1.0, 0.0
	for range octaves {
		sum += weight * noise(x, y, seed)
		total += weight
		x, y, weight, seed = 2*x+17.3, 2*y+5.1, weight/2, seed+1
	}
	return sum / total
}

// cells returns the distance to the nearest of one random point per unit
// square, and that point's own random number in [0, 1).
func cells(x, y float64, seed uint32) (distance, id float64) {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int32(fx), int32(fy)
	x, y = x-fx, y-fy
	best, owner := 8.0, uint32(0)
	for j := int32(-1); j <= 1; j++ {
		for i := int32(-1); i <= 1; i++ {
			h := hash(ix+i, iy+j, seed)
			dx := float64(i) + float64(h&0xffff)/65536 - x
			dy := float64(j) + float64(h>>16)/65536 - y
			if d := dx*dx + dy*dy; d < best {
				best, owner = d, h
			}
		}
	}
	return math.Sqrt(best), lattice(int32(owner), 7, seed)
}

// strands is noise drawn out along the direction (ux, uy): brush strokes or
// locks of hair, about one unit wide and eight long, in [0, 1].
func strands(x, y, ux, uy float64, seed uint32) float64 {
	along, across := x*ux+y*uy, x*uy-y*ux
	across += 1.6 * (noise(x*0.16, y*0.16, seed+9) - 0.5) * 2
	return 0.65*noise(across, along*0.13, seed) + 0.35*noise(across*2.1, along*0.25, seed+1)
}
