package head

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

// arrayLoss is golden/training's tolerance of losses on arrays, times max(1, loss).
const arrayLoss = 2e-6

func TestLossesOfKeras(t *testing.T) {
	file := "testdata/losses.json"
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "training", "edge", "losses.json")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type array struct {
		Shape  []int
		Values []number
	}
	var list struct {
		Cases []struct {
			Name    string
			Probs   array
			Logits  array
			Targets array
			Results []struct {
				Loss, Input string
				Args        struct {
					FromLogits     bool    `json:"from_logits"`
					LabelSmoothing float64 `json:"label_smoothing"`
				}
				Labels []int
				PerRow array `json:"per_row"`
			}
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	floats := func(a array) []float32 {
		v := make([]float32, len(a.Values))
		for i, n := range a.Values {
			v[i] = float32(n.value)
		}
		return v
	}
	ran := 0
	for _, c := range list.Cases {
		for i, r := range c.Results {
			x := c.Probs
			if r.Input == "logits" {
				x = c.Logits
			}
			var got []float64
			var err error
			switch r.Loss {
			case "CategoricalCrossentropy":
				got, err = CategoricalCrossentropy{FromLogits: r.Args.FromLogits, LabelSmoothing: r.Args.LabelSmoothing}.Rows(floats(x), floats(c.Targets), x.Shape[1])
			case "SparseCategoricalCrossentropy":
				got, err = SparseCategoricalCrossentropy{FromLogits: r.Args.FromLogits}.Rows(floats(x), r.Labels)
			default:
				t.Fatalf("%s: loss %s: not known here", c.Name, r.Loss)
			}
			if err != nil || len(got) != len(r.PerRow.Values) {
				t.Fatalf("%s, result %d: got %d rows, %v", c.Name, i, len(got), err)
			}
			for j, want := range r.PerRow.Values {
				ran++
				w := want.value
				if w == got[j] || w != w && got[j] != got[j] {
					continue
				}
				if d := math.Abs(got[j] - w); !(d <= arrayLoss*math.Max(1, math.Abs(w))) {
					t.Errorf("%s, %s of %s %+v, row %d: want %v, got %v", c.Name, r.Loss, r.Input, r.Args, j, w, got[j])
				}
			}
		}
	}
	if ran < 20 {
		t.Errorf("compared %d rows, want 20 at least", ran)
	}
}

func TestLossErrors(t *testing.T) {
	for name, err := range map[string]error{
		"no rows":   second(CategoricalCrossentropy{}.Rows(nil, nil, 3)),
		"targets":   second(CategoricalCrossentropy{}.Rows(make([]float32, 6), make([]float32, 3), 3)),
		"smoothing": second(CategoricalCrossentropy{LabelSmoothing: 1}.Rows(make([]float32, 6), make([]float32, 6), 3)),
		"label":     second(SparseCategoricalCrossentropy{}.Rows(make([]float32, 6), []int{0, 3})),
		"length":    second(SparseCategoricalCrossentropy{}.Rows(make([]float32, 5), []int{0, 1})),
	} {
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func second(_ []float64, err error) error { return err }
