package kernel

import (
	"slices"
	"time"
)

const (
	peakSamples = 9
	peakTime    = time.Millisecond // of a sample
	peakRows    = 96
	peakIn      = 128
	peakOut     = 32
)

// Peak measures how fast all threads of a team together can multiply matrices
// that stay in their caches, in GFLOP/s: what there is to be had now, on this
// machine with all that it does besides. It takes about 20 ms.
func Peak(t *Team) float64 {
	conv := NewConv2D(ConvConfig{In: peakIn, Out: peakOut, Weights: make([]float32, peakIn*peakOut)})
	dst, src := make([]Map, t.threads), make([]Map, t.threads)
	for i := range dst {
		dst[i], src[i] = NewMap(peakRows, 1, peakOut), NewMap(peakRows, 1, peakIn)
	}
	scratch := make([]float32, conv.Scratch(1, peakRows, 1))
	solo := &Team{threads: 1, impl: t.impl}
	measure := func(times int) time.Duration {
		start := time.Now()
		t.For(t.threads, func(_, i int) {
			for range times {
				conv.Run(solo, dst[i], src[i], scratch)
			}
		})
		return time.Since(start)
	}
	times := 1
	for measure(times) < peakTime {
		times *= 2
	}
	flops := float64(2 * peakRows * peakIn * peakOut * times * t.threads)
	rates := make([]float64, peakSamples)
	for i := range rates {
		rates[i] = flops / float64(measure(times).Nanoseconds())
	}
	slices.Sort(rates)
	return rates[peakSamples/2]
}
