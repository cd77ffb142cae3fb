package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkWinograd runs every 3×3 layer shape of ResNet50V2 and DenseNet121 at
// 331×331 directly and in both tilings.
func BenchmarkWinograd(b *testing.B) {
	for _, l := range []struct{ in, out, size int }{
		{64, 64, 83}, {128, 128, 42}, {256, 256, 21}, {512, 512, 11},
		{128, 32, 83}, {128, 32, 41}, {128, 32, 20}, {128, 32, 10},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		c := ConvConfig{Geometry: same(3, 1), In: l.in, Out: l.out, Weights: randomSlice(rng, 9*l.in*l.out), Activation: Activation{Kind: ReLU}}
		src, dst := NewMap(l.size, l.size, l.in), NewMap(l.size, l.size, l.out)
		copy(src.Data, randomSlice(rng, len(src.Data)))
		for _, algorithm := range []struct {
			name string
			conv interface {
				Run(t *Team, dst, src Map, scratch []float32)
				Scratch(threads, h, w int) int
			}
		}{{"direct", NewConv2D(c)}, {"F4", NewWinograd(c, 4)}, {"F2", NewWinograd(c, 2)}} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%dto%d@%d/%s/threads=%d", l.in, l.out, l.size, algorithm.name, threads), func(b *testing.B) {
					team := mustTeam(threads, Auto)
					defer team.Close()
					scratch := make([]float32, algorithm.conv.Scratch(threads, l.size, l.size))
					for b.Loop() {
						algorithm.conv.Run(team, dst, src, scratch)
					}
					reportFLOPs(b, 2*9*l.in*l.out*l.size*l.size)
				})
			}
		}
	}
}
