package nn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/golden"
)

// normTolerance is the error of a batch normalization as a share of its result:
// a few roundings of 2⁻²⁴, with cancellation between x and the mean.
const normTolerance = 2e-6

// TestEpsilonMatchesKeras uses variances so small that 1.001e-5 and 1e-5 differ.
func TestEpsilonMatchesKeras(t *testing.T) {
	file := filepath.Join("testdata", "bn_epsilon.json")
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "network", "goldens", "bn_epsilon.json")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Epsilon float64
		X       []float32
		Gamma   []float32
		Beta    []float32
		Mean    []float32 `json:"moving_mean"`
		Var     []float32 `json:"moving_variance"`
		F64     []float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		b := NewBuilder()
		out := b.BatchNormalization("bn", b.Input("in", len(c.X)), BatchNormalization{Epsilon: c.Epsilon})
		params := listed{"bn/gamma": c.Gamma, "bn/beta": c.Beta, "bn/moving_mean": c.Mean, "bn/moving_variance": c.Var}
		m, err := Compile(params, Config{}, out)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Run(t.Context(), tensor.New(tensor.WithShape(1, len(c.X)), tensor.WithBacking(c.X)))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.F64 {
			diff := float64(got[0].Float32s()[i]) - want
			if max(diff, -diff) > normTolerance*max(want, -want) {
				t.Errorf("epsilon %g, value %d: want %.9g, got %.9g", c.Epsilon, i, want, got[0].Float32s()[i])
			}
		}
	}
}

// listed are vectors by name.
type listed map[string][]float32

func (l listed) Param(name string, shape ...int) (*tensor.Dense, error) {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(l[name])), nil
}
