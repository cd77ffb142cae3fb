//go:build !purego

package kernel

import "testing"

// BenchmarkPeak is what the others can reach at most.
func BenchmarkPeak(b *testing.B) {
	if supported(AVX2) != nil {
		b.Skip("no AVX2")
	}
	const rounds = 10000
	for b.Loop() {
		probeAVX2(rounds)
	}
	reportFLOPs(b, rounds*12*8*2)
}
