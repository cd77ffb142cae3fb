//go:build !purego

package kernel

// probe does multiply-adds of registers that do not wait for each other, and
// returns how many floating point operations these are.
func probe(impl Implementation, rounds int) (flops int) {
	const sums = 12
	switch impl {
	case AVX512:
		probeLoopAVX512(rounds)
		return rounds * sums * wide * 2
	case AVX2:
		probeLoop(rounds)
		return rounds * sums * vector * 2
	}
	return probeGo(rounds)
}

// probeLoop does 12 multiply-adds of vectors a round, as fast as the CPU can.
//
//go:noescape
func probeLoop(rounds int)

//go:noescape
func probeLoopAVX512(rounds int)
