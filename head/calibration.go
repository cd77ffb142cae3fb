package head

import (
	"fmt"
	"math"
)

// CalibrationBin is the rows whose largest probability lies in (From, To].
type CalibrationBin struct {
	From, To   float64
	Rows       int
	Confidence float64 // mean of the largest probabilities; 0 without rows
	Accuracy   float64 // share of the rows that are right; 0 without rows
}

// Calibration compares how sure a classifier is with how often it is right.
type Calibration struct {
	Bins []CalibrationBin
	// Error is the expected calibration error: the mean of |Accuracy − Confidence|
	// over the bins, weighted by their rows. 0 is perfect.
	Error float64
}

const calibrationBins = 15

// NewCalibration sorts the rows of probabilities [N, classes] into bins of equal
// width by their largest probability; 0 bins means 15.
func NewCalibration(probabilities []float32, labels []int, bins int) (Calibration, error) {
	if bins == 0 {
		bins = calibrationBins
	}
	if bins < 0 {
		return Calibration{}, fmt.Errorf("head: calibration: want 0 bins (the default) or more, got %d", bins)
	}
	classes, err := classesOf(probabilities, labels)
	if err != nil {
		return Calibration{}, fmt.Errorf("head: calibration: probabilities: %w", err)
	}
	c := Calibration{Bins: make([]CalibrationBin, bins)}
	for i := range c.Bins {
		c.Bins[i].From, c.Bins[i].To = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for i, label := range labels {
		row := probabilities[i*classes : (i+1)*classes]
		best := argmax(row)
		p := float64(row[best])
		if !(p >= 0 && p <= 1) {
			return Calibration{}, fmt.Errorf("head: calibration: row %d: want probabilities, got %v", i, p)
		}
		b := &c.Bins[max(int(math.Ceil(p*float64(bins)))-1, 0)]
		b.Rows++
		b.Confidence += p
		if best == label {
			b.Accuracy++
		}
	}
	for i := range c.Bins {
		b := &c.Bins[i]
		if b.Rows == 0 {
			continue
		}
		c.Error += math.Abs(b.Accuracy-b.Confidence) / float64(len(labels))
		b.Confidence /= float64(b.Rows)
		b.Accuracy /= float64(b.Rows)
	}
	return c, nil
}
