package kernel

import (
	"slices"
	"time"
)

const (
	peakSamples = 9
	peakTime    = time.Millisecond // of a sample
	peakRounds  = 1 << 12          // of a call, which takes some 30 µs
)

// Peak measures how many GFLOP/s all threads of a team together can do if they
// multiply and add registers and nothing else, in the team's implementation: what
// there is to be had now, on this machine with all that it does besides. No kernel
// reaches it. It takes about 20 ms.
func Peak(t *Team) float64 {
	flops := make([]int, t.threads)
	measure := func(times int) (took time.Duration) {
		start := time.Now()
		t.For(t.threads, func(_, i int) {
			flops[i] = 0
			for range times {
				flops[i] += probe(t.impl, peakRounds)
			}
		})
		return time.Since(start)
	}
	times := 1
	for measure(times) < peakTime {
		times *= 2
	}
	rates := make([]float64, peakSamples)
	for i := range rates {
		took, all := measure(times), 0
		for _, n := range flops {
			all += n
		}
		rates[i] = float64(all) / float64(took.Nanoseconds())
	}
	slices.Sort(rates)
	return rates[peakSamples/2]
}

// probeGo is the probe of plain Go: multiplications and additions of 12 numbers
// that do not wait for each other, and stay between 0 and 1.
func probeGo(rounds int) (flops int) {
	const half = 0.5
	var a, b, c, d, e, f, g, h, i, j, k, l float32
	for range rounds {
		a, b, c, d = a*half+half, b*half+half, c*half+half, d*half+half
		e, f, g, h = e*half+half, f*half+half, g*half+half, h*half+half
		i, j, k, l = i*half+half, j*half+half, k*half+half, l*half+half
	}
	if sum := a + b + c + d + e + f + g + h + i + j + k + l; sum < 0 {
		return 0 // never; without a use, the compiler would leave the loop out
	}
	return rounds * 12 * 2
}
