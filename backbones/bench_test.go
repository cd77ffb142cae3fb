package backbones_test

import (
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/weights"
)

// BenchmarkExtract runs one photo through a network at its usual size.
func BenchmarkExtract(b *testing.B) {
	for _, spec := range []backbones.Spec{backbones.EfficientNetLite0(), backbones.EfficientNetLite1(), backbones.ResNet50V2(), backbones.DenseNet121()} {
		b.Run(spec.Name, func(b *testing.B) {
			net, err := backbones.New(spec, weights.Random(1), backbones.Config{})
			if err != nil {
				b.Fatal(err)
			}
			photo := &data.RGB{Pix: make([]uint8, 320*240*3), Width: 320, Height: 240}
			for i := range photo.Pix {
				photo.Pix[i] = uint8(i * 31)
			}
			features := make([]float32, net.Features())
			b.ReportAllocs()
			for b.Loop() {
				if err := net.Extract(b.Context(), photo, features); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "photos/s")
		})
	}
}
