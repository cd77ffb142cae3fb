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

func BenchmarkConv(b *testing.B) {
	for _, l := range convLayers {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%dx%ds%d/%dto%d@%d/threads=%d", l.kernel, l.kernel, l.stride, l.in, l.out, l.size, threads), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(1, 2))
				g := same(l.kernel, l.stride)
				c := NewConv2D(g, 1, l.in, l.out, randomSlice(rng, l.kernel*l.kernel*l.in*l.out), nil, Activation{Kind: ReLU})
				team := NewTeam(threads)
				src := NewMap(l.size, l.size, l.in)
				copy(src.Data, randomSlice(rng, len(src.Data)))
				dst := NewMap(c.Out(l.size, l.size))
				scratch := make([]float32, c.Scratch(threads, l.size, l.size))
				for b.Loop() {
					c.Run(team, dst, src, scratch)
				}
				reportFLOPs(b, 2*dst.Pixels()*dst.C*l.kernel*l.kernel*l.in)
			})
		}
	}
}

func reportFLOPs(b *testing.B, flops int) {
	b.ReportMetric(float64(flops)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
