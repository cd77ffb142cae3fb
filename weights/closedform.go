package weights

import "math"

// ClosedForm computes parameters that any language can compute to the same bit,
// for comparing implementations without weight files: element i of a parameter
// is a function of seedName, the parameter's name and i, by 64-bit integers and
// exact float64 steps, rounded once. s being the signed unit number i of
// SplitMix64 seeded by FNV-1a of "seedName/name":
//
//	kernel           s * gain * sqrt(6/fan_in)
//	bias             0.125 * s
//	gamma            1 + 0.25 * s
//	beta             0.25 + 0.25 * s
//	moving_mean      0.25 * s
//	moving_variance  1 + 0.5 * s
//
// In a kernel with an even number of input channels, other than a depthwise one,
// odd channels have 0.5*s - 0.875*(the s of the channel before) for s, which
// keeps activations centred. gain gets the parameter's name and is asked for
// kernels alone; nil is a gain of 1.
func ClosedForm(seedName string, gain func(name string) float64) Source {
	return Source{func(name string, k kind, shape []int) func([]float32, int) {
		seed := fnv1a64(seedName + "/" + name)
		if !k.kernel() {
			return affine(seed, k)
		}
		g := 1.0
		if gain != nil {
			g = gain(name)
		}
		limit := g * math.Sqrt(6.0/float64(fanIn(k, shape)))
		if pairs(k, shape) {
			return paired(seed, shape[len(shape)-1], limit)
		}
		return uniform(seed, limit)
	}}
}

// pairs reports whether a kernel's input channels go in pairs.
func pairs(k kind, shape []int) bool {
	return shape[len(shape)-2]%2 == 0 && !depthwise(k, shape)
}

// paired is uniform for a kernel of an even number of input channels and the
// given number of outputs: odd rows of the flat tensor lean on the row before.
func paired(seed uint64, outputs int, limit float64) func([]float32, int) {
	return func(dst []float32, first int) {
		for len(dst) > 0 {
			row := dst[:min(len(dst), outputs-first%outputs)]
			odd := first/outputs%2 == 1
			for i := range row {
				s := signedUnit(seed, first+i)
				if odd {
					s = 0.5*s - 0.875*signedUnit(seed, first+i-outputs)
				}
				row[i] = float32(s * limit)
			}
			dst, first = dst[len(row):], first+len(row)
		}
	}
}

// affine fills a vector. The constants are dyadic: every step is exact, so that
// a fused multiply-add gives the same.
func affine(seed uint64, k kind) func([]float32, int) {
	centre, half := 0.0, 0.125
	switch k {
	case gamma:
		centre, half = 1, 0.25
	case beta:
		centre, half = 0.25, 0.25
	case movingMean:
		centre, half = 0, 0.25
	case movingVariance:
		centre, half = 1, 0.5
	}
	return func(dst []float32, first int) {
		for i := range dst {
			dst[i] = float32(centre + half*signedUnit(seed, first+i))
		}
	}
}
