package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pointwiseLayer is a 1×1 convolution on size×size pixels, that lie stride apart.
type pointwiseLayer struct{ size, in, out, stride, times int }

// pointwiseLayers are those of ResNet50V2 and DenseNet121 at 331×331.
func pointwiseLayers() []pointwiseLayer {
	layers := []pointwiseLayer{
		{83, 64, 256, 64, 3}, {83, 64, 64, 64, 1}, {83, 256, 64, 256, 2},
		{42, 64, 256, 64, 1}, {42, 256, 512, 256, 1}, {42, 256, 128, 256, 1}, {42, 128, 512, 128, 3}, {42, 512, 128, 512, 3},
		{21, 128, 512, 128, 1}, {21, 512, 1024, 512, 1}, {21, 512, 256, 512, 1}, {21, 256, 1024, 256, 5}, {21, 1024, 256, 1024, 5},
		{11, 256, 1024, 256, 1}, {11, 1024, 2048, 1024, 1}, {11, 1024, 512, 1024, 1}, {11, 512, 2048, 512, 3}, {11, 2048, 512, 2048, 2},
		{41, 256, 128, 256, 1}, {20, 512, 256, 512, 1}, {10, 1024, 512, 1024, 1},
	}
	for _, block := range []struct{ size, first, last int }{{83, 64, 224}, {41, 128, 480}, {20, 256, 992}, {10, 512, 992}} {
		for in := block.first; in <= block.last; in += 32 {
			layers = append(layers, pointwiseLayer{block.size, in, 128, block.last + 32, 1})
		}
	}
	return layers
}

// BenchmarkPointwise measures all 1×1 convolutions of ResNet50V2 and DenseNet121
// in turns, each after itself, on two threads, and reports their share of what bare multiply-adds
// reach in between: with the median and the best time of each. Samples count only
// if the machine gave quiet of the best peak before and after.
func BenchmarkPointwise(b *testing.B) {
	b.Run("bare", func(b *testing.B) { benchmarkPointwise(b, false) })
	b.Run("normalizing", func(b *testing.B) { benchmarkPointwise(b, true) })
}

func benchmarkPointwise(b *testing.B, normalize bool) {
	const quiet, repeats = 0.95, 3
	team := mustTeam(2, Auto)
	defer team.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	layers := pointwiseLayers()
	convs := make([]*Conv2D, len(layers))
	src, dst, scratch := randomSlice(rng, 83*83*256), make([]float32, 83*83*256), 0
	for i, l := range layers {
		config := ConvConfig{In: l.in, Out: l.out, Weights: randomSlice(rng, l.in*l.out), Activation: Activation{Kind: ReLU}}
		if normalize && l.stride > l.in || normalize && l.out == 128 && l.in == l.stride-32 {
			config.Prologue = &Prologue{randomSlice(rng, l.in), randomSlice(rng, l.in), Activation{Kind: ReLU}}
		}
		convs[i] = NewConv2D(config)
		scratch = max(scratch, convs[i].Scratch(2, l.size, l.size))
	}
	working := make([]float32, scratch)
	type sample struct{ before, took, after float64 }
	samples := make([][]sample, len(layers))
	peak, best := peakNow(team), 0.0
	for b.Loop() {
		for i, l := range layers {
			in := Map{Data: src, H: l.size, W: l.size, C: l.in, Stride: l.stride}
			out := Map{Data: dst, H: l.size, W: l.size, C: l.out, Stride: l.out}
			for range repeats {
				convs[i].Run(team, out, in, working)
				start := time.Now()
				convs[i].Run(team, out, in, working)
				s := sample{before: peak, took: float64(time.Since(start).Nanoseconds())}
				peak = peakNow(team)
				s.after = peak
				best = max(best, peak)
				samples[i] = append(samples[i], s)
			}
		}
	}
	flops, median, fastest := 0.0, 0.0, 0.0 // the times in what bare multiply-adds do in them
	for i, l := range layers {
		var shares []float64
		for _, s := range samples[i] {
			if min(s.before, s.after) >= quiet*best {
				shares = append(shares, s.took*(s.before+s.after)/2)
			}
		}
		if len(shares) == 0 {
			continue
		}
		slices.Sort(shares)
		flops += float64(l.times) * 2 * float64(l.size*l.size*l.in*l.out)
		median += float64(l.times) * shares[len(shares)/2]
		fastest += float64(l.times) * shares[0]
	}
	b.ReportMetric(100*flops/median, "%peak")
	b.ReportMetric(100*flops/fastest, "%peak-best")
	b.ReportMetric(best, "peak-GFLOP/s")
}

// peakNow is a short look at the peak, in GFLOP/s.
func peakNow(team *Team) float64 {
	flops := make([]int, team.threads)
	start := time.Now()
	team.For(team.threads, func(_, i int) {
		for range 10 {
			flops[i] += probe(team.impl, peakRounds)
		}
	})
	took := float64(time.Since(start).Nanoseconds())
	all := 0
	for _, n := range flops {
		all += n
	}
	return float64(all) / took
}
