package stack_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/stack/cache"
)

// BenchmarkStream measures what reading, decoding, the cache and the rest of the
// pipeline add to the time of the backbones, over the photos of the folder that
// CAIRN_PHOTOS names or painted ones. Both are measured in turns.
func BenchmarkStream(b *testing.B) {
	const photos = 32
	set := painted(b, photos)
	if dir := os.Getenv("CAIRN_PHOTOS"); dir != "" {
		whole, err := data.Opener{}.Open(filepath.Clean(dir))
		if err != nil {
			b.Fatal(err)
		}
		set = whole.Limit(photos)
	}
	for name, specs := range map[string][]backbones.Spec{
		"Lite0-224":                  {backbones.EfficientNetLite0()},
		"ResNet50V2-DenseNet121-331": {backbones.ResNet50V2(), backbones.DenseNet121()},
	} {
		b.Run(name, func(b *testing.B) {
			c := backbones.Config{}
			if len(specs) > 1 {
				c.InputSize = 331
			}
			var members []*backbones.Backbone
			for i, spec := range specs {
				members = append(members, newBackbone(b, spec, uint64(i), c))
			}
			s := newStack(b, members...)
			defer s.Close()
			var engine, stream time.Duration
			run := func() {
				begin := time.Now()
				for _, m := range members {
					inputs := make([]float32, 8*m.InputLen())
					features := make([]float32, 8*m.Features())
					for range photos / 8 {
						if err := m.Run(b.Context(), inputs, features); err != nil {
							b.Fatal(err)
						}
					}
				}
				engine += time.Since(begin)
				begin = time.Now()
				c, err := cache.Open(b.TempDir(), cache.Config{})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range s.Stream(b.Context(), set.Source(), stack.Extraction{Cache: c.For(s)}) {
					if err != nil {
						b.Fatal(err)
					}
				}
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
				stream += time.Since(begin)
			}
			run() // builds what is built on first use
			engine, stream = 0, 0
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(stream.Milliseconds())/float64(b.N*photos), "ms/photo")
			b.ReportMetric(float64(engine.Milliseconds())/float64(b.N*photos), "engine-ms/photo")
			b.ReportMetric(100*float64(stream-engine)/float64(stream), "overhead-%")
		})
	}
}
