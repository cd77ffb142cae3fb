package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// convLayers are shapes of ResNet50V2, DenseNet121 and EfficientNet-Lite.
var convLayers = []struct{ kernel, stride, in, out, size int }{
	{1, 1, 64, 256, 56},
	{1, 1, 256, 64, 56},
	{1, 1, 1024, 256, 14},
	{1, 1, 512, 2048, 7},
	{1, 1, 16, 96, 112},
	{1, 2, 256, 256, 56},
	{3, 1, 64, 64, 56},
	{3, 1, 256, 256, 14},
	{3, 1, 128, 32, 28},
	{3, 2, 3, 32, 224},
	{7, 2, 3, 64, 224},
}

func same(kernel, stride int) Geometry {
	p := kernel - stride
	if p < 0 {
		p = 0
	}
	return Geometry{
		Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride},
		Pad: [4]int{p / 2, p - p/2, p / 2, p - p/2},
	}
}

// everyTeam runs a benchmark in every implementation that is here.
func everyTeam(b *testing.B, run func(b *testing.B, team *Team)) {
	for impl := Go; int(impl) < len(implementationNames); impl++ {
		for _, threads := range []int{1, 2} {
			if supported(impl) == nil {
				b.Run(fmt.Sprintf("%v/threads=%d", impl, threads), func(b *testing.B) {
					team := mustTeam(threads, impl)
					defer team.Close()
					run(b, team)
				})
			}
		}
	}
}

func BenchmarkConv(b *testing.B) {
	for _, l := range convLayers {
		b.Run(fmt.Sprintf("%dx%ds%d/%dto%d@%d", l.kernel, l.kernel, l.stride, l.in, l.out, l.size), func(b *testing.B) {
			everyTeam(b, func(b *testing.B, team *Team) {
				rng := rand.New(rand.NewPCG(1, 2))
				g := same(l.kernel, l.stride)
				c := NewConv2D(ConvConfig{Geometry: g, In: l.in, Out: l.out, Weights: randomSlice(rng, l.kernel*l.kernel*l.in*l.out), Activation: Activation{Kind: ReLU}})
				src := NewMap(l.size, l.size, l.in)
				copy(src.Data, randomSlice(rng, len(src.Data)))
				dst := NewMap(c.Out(l.size, l.size))
				scratch := make([]float32, c.Scratch(team.Threads(), l.size, l.size))
				for b.Loop() {
					c.Run(team, dst, src, scratch)
				}
				reportFLOPs(b, 2*dst.Pixels()*dst.C*l.kernel*l.kernel*l.in)
			})
		})
	}
}

func reportFLOPs(b *testing.B, flops int) {
	b.ReportMetric(float64(flops)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

func BenchmarkDepthwise(b *testing.B) {
	for _, l := range []struct{ kernel, stride, channels, size int }{
		{3, 1, 32, 112}, {3, 2, 96, 112}, {5, 2, 144, 56}, {5, 1, 480, 14}, {3, 1, 1152, 7},
	} {
		b.Run(fmt.Sprintf("%dx%ds%d/%d@%d", l.kernel, l.kernel, l.stride, l.channels, l.size), func(b *testing.B) {
			everyTeam(b, func(b *testing.B, team *Team) {
				rng := rand.New(rand.NewPCG(1, 2))
				d := NewDepthwiseConv2D(same(l.kernel, l.stride), l.channels, 1,
					randomSlice(rng, l.kernel*l.kernel*l.channels), nil, Activation{Kind: ReLU, Max: 6})
				src := NewMap(l.size, l.size, l.channels)
				copy(src.Data, randomSlice(rng, len(src.Data)))
				dst := NewMap(d.Out(l.size, l.size))
				for b.Loop() {
					d.Run(team, dst, src)
				}
				reportFLOPs(b, 2*len(dst.Data)*l.kernel*l.kernel)
			})
		})
	}
}

func BenchmarkDense(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	d := NewDense(2048, 1000, randomSlice(rng, 2048*1000), nil, Activation{})
	src, dst := randomSlice(rng, 2048), make([]float32, 1000)
	everyTeam(b, func(b *testing.B, team *Team) {
		for b.Loop() {
			d.Run(team, dst, src)
		}
		reportFLOPs(b, 2*2048*1000)
	})
}

func BenchmarkSimple(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	src := NewMap(56, 56, 128)
	copy(src.Data, randomSlice(rng, len(src.Data)))
	dst, vector := NewMap(56, 56, 128), NewMap(1, 1, 128)
	scale, shift := randomSlice(rng, 128), randomSlice(rng, 128)
	pooled := NewMap(28, 28, 128)
	window := Geometry{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}}
	wide := NewMap(56, 56, 256)
	pairs := []Map{src, src}
	for _, k := range []struct {
		name string
		run  func(team *Team)
	}{
		{"affine+relu", func(team *Team) { Affine(team, dst, src, scale, shift, Activation{Kind: ReLU}) }},
		{"relu", func(team *Team) { Activate(team, dst, src, Activation{Kind: ReLU}) }},
		{"relu6", func(team *Team) { Activate(team, dst, src, Activation{Kind: ReLU, Max: 6}) }},
		{"swish", func(team *Team) { Activate(team, dst, src, Activation{Kind: Swish}) }},
		{"add", func(team *Team) { Add(team, dst, pairs, Activation{}) }},
		{"multiply", func(team *Team) { Multiply(team, dst, src, vector) }},
		{"concat", func(team *Team) { Concat(team, wide, pairs) }},
		{"max pool", func(team *Team) { MaxPool(team, pooled, src, window) }},
		{"max pool 3x3s1", func(team *Team) { MaxPool(team, dst, src, same(3, 1)) }},
		{"average pool", func(team *Team) { AveragePool(team, pooled, src, window, nil) }},
		{"global average", func(team *Team) { GlobalAverage(team, vector, src, nil) }},
		{"softmax", func(team *Team) { Softmax(team, dst, src) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			everyTeam(b, func(b *testing.B, team *Team) {
				b.SetBytes(int64(4 * len(src.Data)))
				for b.Loop() {
					k.run(team)
				}
			})
		})
	}
}

// BenchmarkPeak is what the others can reach at most.
func BenchmarkPeak(b *testing.B) {
	everyTeam(b, func(b *testing.B, team *Team) {
		peak := 0.0
		for b.Loop() {
			peak = max(peak, Peak(team))
		}
		b.ReportMetric(peak, "GFLOP/s")
	})
}
