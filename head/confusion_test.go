package head

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/internal/golden"
)

// scoreTolerance: both sides compute quotients in float64, and means of at most
// 60 of them in another order.
const scoreTolerance = 1e-13

// scoreCase is predictions with their scores by scikit-learn and numpy; see
// testdata/scores.py.
type scoreCase struct {
	Name             string
	Probs            []float32
	Labels           []int
	Confusion        Confusion
	Precision        []float64
	Recall           []float64
	F1               []float64
	Rows             []int
	Macro            [3]float64
	Bins             int
	BinRows          []int     `json:"bin_rows"`
	BinConfidence    []float64 `json:"bin_confidence"`
	BinAccuracy      []float64 `json:"bin_accuracy"`
	CalibrationError float64   `json:"calibration_error"`
}

func scoreCases(t *testing.T) []scoreCase {
	text, err := os.ReadFile("testdata/scores.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []scoreCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func near(t *testing.T, what string, want, got float64) {
	t.Helper()
	if !(math.Abs(want-got) <= scoreTolerance) {
		t.Errorf("%s: want %v, got %v", what, want, got)
	}
}

func TestConfusionOfKeras(t *testing.T) {
	file := "testdata/metrics.json"
	if root := golden.Root(t); root != "" {
		file = filepath.Join(root, "training", "edge", "metrics.json")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Sixty struct {
			Probs     struct{ Values []float32 }
			Labels    []int
			Confusion Confusion `json:"confusion_matrix_rows_true_columns_predicted"`
		} `json:"sixty_rows"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	got, err := NewConfusion(m.Sixty.Probs.Values, m.Sixty.Labels)
	if err != nil || len(m.Sixty.Labels) != 60 {
		t.Fatalf("%d rows: %v", len(m.Sixty.Labels), err)
	}
	if diff := cmp.Diff(m.Sixty.Confusion, got); diff != "" {
		t.Error(diff)
	}
}

func TestScoresOfScikitLearn(t *testing.T) {
	for _, c := range scoreCases(t) {
		confusion, err := NewConfusion(c.Probs, c.Labels)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Confusion, confusion); diff != "" {
			t.Errorf("%s: %s", c.Name, diff)
		}
		for i, s := range confusion.Scores() {
			near(t, c.Name+": precision", c.Precision[i], s.Precision)
			near(t, c.Name+": recall", c.Recall[i], s.Recall)
			near(t, c.Name+": F1", c.F1[i], s.F1)
			if s.Rows != c.Rows[i] {
				t.Errorf("%s: class %d: want %d rows, got %d", c.Name, i, c.Rows[i], s.Rows)
			}
		}
		m := confusion.Macro()
		near(t, c.Name+": macro precision", c.Macro[0], m.Precision)
		near(t, c.Name+": macro recall", c.Macro[1], m.Recall)
		near(t, c.Name+": macro F1", c.Macro[2], m.F1)
		if m.Rows != len(c.Labels) || m.Predicted != len(c.Labels) {
			t.Errorf("%s: want %d rows in all, got %+v", c.Name, len(c.Labels), m)
		}
	}
	if m := (Confusion{{0, 0}, {0, 0}}).Macro(); m != (ClassScore{}) {
		t.Errorf("nothing counted: got %+v", m)
	}
}

func TestCalibrationOfNumPy(t *testing.T) {
	for _, c := range scoreCases(t) {
		got, err := NewCalibration(c.Probs, c.Labels, c.Bins)
		if err != nil || len(got.Bins) != c.Bins {
			t.Fatalf("%s: %d bins, %v", c.Name, len(got.Bins), err)
		}
		near(t, c.Name+": calibration error", c.CalibrationError, got.Error)
		for i, b := range got.Bins {
			if b.Rows != c.BinRows[i] {
				t.Errorf("%s: bin %d: want %d rows, got %d", c.Name, i, c.BinRows[i], b.Rows)
			}
			near(t, c.Name+": confidence", c.BinConfidence[i], b.Confidence)
			near(t, c.Name+": accuracy", c.BinAccuracy[i], b.Accuracy)
		}
	}
	if c, err := NewCalibration([]float32{1, 0, 0.5, 0.5}, []int{0, 1}, 0); err != nil || len(c.Bins) != calibrationBins ||
		c.Bins[14].Rows != 1 || c.Bins[7].Rows != 1 || c.Error != 0.25 {
		t.Errorf("default bins: got %+v, %v", c, err)
	}
}

func TestConfusionAndCalibrationErrors(t *testing.T) {
	for _, c := range []struct {
		scores []float32
		labels []int
		bins   int
	}{{nil, nil, 0}, {make([]float32, 5), []int{0, 1}, 0}, {make([]float32, 4), []int{0, 2}, 0}, {make([]float32, 4), []int{-1, 0}, 0}} {
		if _, err := NewConfusion(c.scores, c.labels); err == nil {
			t.Errorf("confusion: %d scores, labels %v: want an error", len(c.scores), c.labels)
		}
		if _, err := NewCalibration(c.scores, c.labels, c.bins); err == nil {
			t.Errorf("calibration: %d scores, labels %v: want an error", len(c.scores), c.labels)
		}
	}
	if _, err := NewCalibration([]float32{0.5, 0.5}, []int{0}, -1); err == nil {
		t.Error("-1 bins: want an error")
	}
	if _, err := NewCalibration([]float32{1.5, 0.5}, []int{0}, 0); err == nil {
		t.Error("a probability of 1.5: want an error")
	}
}
