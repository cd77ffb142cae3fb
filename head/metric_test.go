package head

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

const (
	metricShare   = 1e-7 // a share is exact but for Keras's float32
	metricLogLoss = 1e-9 // computed in float64 on both sides
)

func TestMetricsOfKeras(t *testing.T) {
	file := "testdata/metrics.json"
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "training", "edge", "metrics.json")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type table struct{ Values []number }
	var m struct {
		Ties struct {
			Probs table
			Rows  []struct {
				Row, True        int
				Accuracy         float64 `json:"categorical_accuracy"`
				Top1, Top5, Top7 float64
			}
		}
		Sixty struct {
			Probs                table
			Labels               []int
			Accuracy, Top3, Top5 float64
			LogLoss              float64 `json:"log_loss"`
		} `json:"sixty_rows"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	floats := func(from table) []float32 {
		v := make([]float32, len(from.Values))
		for i, n := range from.Values {
			v[i] = float32(n.value)
		}
		return v
	}
	check := func(what string, got float64, err error, want, tolerance float64) {
		t.Helper()
		if err != nil || !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s: want %v, got %v, %v", what, want, got, err)
		}
	}

	probs := floats(m.Ties.Probs)
	for _, r := range m.Ties.Rows {
		row := probs[r.Row*7 : r.Row*7+7]
		if r.Row != 5 { // NaN: which entry argmax takes is up to the platform
			got, err := CategoricalAccuracy(row, []int{r.True})
			check("accuracy with ties", got, err, r.Accuracy, 0)
		}
		for k, want := range map[int]float64{1: r.Top1, 5: r.Top5, 7: r.Top7} {
			got, err := TopKAccuracy(row, []int{r.True}, k)
			check("top k with ties", got, err, want, 0)
		}
	}

	probs = floats(m.Sixty.Probs)
	got, err := CategoricalAccuracy(probs, m.Sixty.Labels)
	check("accuracy", got, err, m.Sixty.Accuracy, metricShare)
	got, err = TopKAccuracy(probs, m.Sixty.Labels, 3)
	check("top 3", got, err, m.Sixty.Top3, metricShare)
	got, err = TopKAccuracy(probs, m.Sixty.Labels, 5)
	check("top 5", got, err, m.Sixty.Top5, metricShare)
	got, err = LogLoss(probs, m.Sixty.Labels)
	check("log loss", got, err, m.Sixty.LogLoss, metricLogLoss)
}

func TestLogLossIsClipped(t *testing.T) {
	eps := math.Ldexp(1, -23)
	for _, c := range []struct {
		p    float32
		want float64
	}{{0, -math.Log(eps)}, {1, -math.Log(1 - eps)}} {
		got, err := LogLoss([]float32{c.p, 1 - c.p}, []int{0})
		if err != nil || math.Abs(got-c.want) > metricLogLoss {
			t.Errorf("probability %v: want %v, got %v, %v", c.p, c.want, got, err)
		}
	}
}

func TestMetricErrors(t *testing.T) {
	for _, c := range []struct {
		scores []float32
		labels []int
	}{{nil, nil}, {nil, []int{0}}, {make([]float32, 5), []int{0, 1}}, {make([]float32, 4), []int{0, 2}}, {make([]float32, 4), []int{-1, 0}}} {
		if _, err := CategoricalAccuracy(c.scores, c.labels); err == nil {
			t.Errorf("%d scores, labels %v: want an error", len(c.scores), c.labels)
		}
		if _, err := LogLoss(c.scores, c.labels); err == nil {
			t.Errorf("log loss: %d scores, labels %v: want an error", len(c.scores), c.labels)
		}
	}
	if _, err := TopKAccuracy([]float32{1, 0}, []int{0}, 0); err == nil {
		t.Error("top 0: want an error")
	}
}
