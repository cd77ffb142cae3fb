package head

import (
	"math"
	"strings"
	"testing"
)

func TestHistoryTable(t *testing.T) {
	h := History{
		{N: 1, Loss: 2.5, Accuracy: 0.125, ValLoss: 2.25, ValAccuracy: 0.25, ValRows: 8, LearningRate: 1e-3},
		{N: 2, Loss: 1.5, Accuracy: 0.5, ValLoss: 1.75, ValAccuracy: 0.5, ValRows: 8, LearningRate: 1e-3},
		{N: 3, Loss: 0.5, Accuracy: 1, ValLoss: 1.875, ValAccuracy: 0.5, ValRows: 8, LearningRate: 5e-4},
	}
	var s strings.Builder
	if err := h.WriteTable(&s); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"epoch     loss  accuracy   val loss  val accuracy  learning rate\n" +
		"    1   2.5000   12.50 %     2.2500       25.00 %          0.001\n" +
		"    2   1.5000   50.00 %     1.7500       50.00 %          0.001  ← best\n" +
		"    3   0.5000  100.00 %     1.8750       50.00 %         0.0005  ← new rate\n"
	if s.String() != want {
		t.Errorf("want\n%s\ngot\n%s", want, s.String())
	}
	s.Reset()
	alone := History{{N: 1, Loss: 2, ValLoss: math.NaN(), ValAccuracy: math.NaN(), LearningRate: 1e-3}}
	if err := alone.WriteTable(&s); err != nil || strings.Contains(s.String(), "NaN") {
		t.Errorf("without held-out rows: got %v\n%s", err, s.String())
	}
}

func TestHistoryBest(t *testing.T) {
	nan := math.NaN()
	loss := func(v ...float64) (h History) {
		for i, l := range v {
			h = append(h, Epoch{N: i + 1, ValLoss: l, ValRows: 1})
		}
		return h
	}
	for _, c := range []struct {
		history History
		want    int
	}{{nil, -1}, {loss(1), 0}, {loss(2, 1, 1, 3), 1}, {loss(nan, 2, nan), 1}, {loss(nan, nan), 0}, {History{{Loss: 2}, {Loss: 1}}, 1}} {
		if got := c.history.Best(); got != c.want {
			t.Errorf("%v: want %d, got %d", c.history, c.want, got)
		}
	}
}
