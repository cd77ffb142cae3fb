package head

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cairnml/cairn/data"
)

// BenchmarkEpoch is an epoch of the tutorial's head on the features of its
// photos, without held-out rows.
func BenchmarkEpoch(b *testing.B) {
	const rows, width, classes = 10222, 3072, 120
	f := &data.Features{Width: width, X: make([]float32, rows*width)}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range f.X {
		f.X[i] = max(0, r.Float32()-0.5)
	}
	for range rows {
		f.Labels = append(f.Labels, r.IntN(classes))
	}
	for i := range classes {
		f.Classes = append(f.Classes, fmt.Sprint(i))
	}
	h, err := New(Config{Inputs: width, Classes: f.Classes, Dropout: 0.7})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for _, err := range h.Train(b.Context(), f, nil, Training{Epochs: b.N}) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
