//go:build !purego

package backbones_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// TestAVX512IsAVX2: the features of 20 photos have the same bits in AVX2 on one
// thread and in AVX-512 on one, two and four.
func TestAVX512IsAVX2(t *testing.T) {
	photos, sizes := 20, []int{64, 331}
	if testing.Short() {
		photos, sizes = 2, []int{64}
	}
	for _, spec := range []backbones.Spec{backbones.ResNet50V2(), backbones.DenseNet121(), backbones.VGG16(), backbones.EfficientNetLite0()} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s at %d", spec.Name, size), func(t *testing.T) {
				wide := featuresIn(t, spec, backbones.Config{InputSize: size, Kernel: nn.AVX512, Threads: 1}, photos)
				for _, c := range []backbones.Config{
					{InputSize: size, Kernel: nn.AVX2, Threads: 1},
					{InputSize: size, Kernel: nn.AVX512, Threads: 2},
					{InputSize: size, Kernel: nn.AVX512, Threads: 4},
				} {
					for i, got := range featuresIn(t, spec, c, photos) {
						if math.Float32bits(got) != math.Float32bits(wide[i]) {
							t.Fatalf("%v on %d threads: value %d of the features: want the bits of %g, got %g", c.Kernel, c.Threads, i, wide[i], got)
						}
					}
				}
			})
		}
	}
}

// featuresIn returns the features of drawn photos, one after another.
func featuresIn(t *testing.T, spec backbones.Spec, c backbones.Config, photos int) []float32 {
	t.Helper()
	b, err := backbones.New(spec, weights.Random(1), c)
	if err != nil && strings.Contains(err.Error(), "want a CPU") {
		t.Skip(err) // tools/avx512 runs it in an emulator
	} else if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	features := make([]float32, photos*b.Features())
	for i := range photos {
		photo := &data.RGB{Pix: make([]uint8, 40*30*3), Width: 40, Height: 30}
		for j := range photo.Pix {
			photo.Pix[j] = uint8(rng.Uint32())
		}
		if err := b.Extract(t.Context(), photo, features[i*b.Features():][:b.Features()]); err != nil {
			t.Fatal(err)
		}
	}
	return features
}
