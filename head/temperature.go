package head

import (
	"context"
	"fmt"
	"math"

	"github.com/cairnml/cairn/data"
)

// Temperatures that Calibrate finds and SetTemperature takes.
const (
	minTemperature = 0.05
	maxTemperature = 20
)

// Temperature is what logits are divided by before the softmax: above 1 the head
// is less sure, below 1 more. It is 1 unless the head was calibrated, and
// again after training.
func (h *Head) Temperature() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.temperature == 0 {
		return 1
	}
	return h.temperature
}

// SetTemperature makes t, from 0.05 to 20, the head's temperature; 1 takes a
// calibration back.
func (h *Head) SetTemperature(t float64) error {
	if !(t >= minTemperature && t <= maxTemperature) {
		return fmt.Errorf("head: temperature: want %v to %v, got %v", minTemperature, maxTemperature, t)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.temperature = t
	return nil
}

// Calibrate sets the temperature that makes the loss on the rows of held least,
// and returns it (Guo et al. 2017, arXiv:1706.04599). No class overtakes another,
// so accuracies stay. The rows must not be those that the head was fitted to: it
// is surer of them than of others. A saved head keeps its temperature.
func (h *Head) Calibrate(ctx context.Context, held *data.Features) (float64, error) {
	if err := h.accepts(held); err != nil {
		return 0, err
	}
	logits, _, err := h.runRows(ctx, held.Len(), held.Row)
	if err != nil {
		return 0, err
	}
	t := h.Temperature() * bestTemperature(logits, held.Labels)
	t = min(max(t, minTemperature), maxTemperature)
	return t, h.SetTemperature(t)
}

// bestTemperature makes the cross-entropy of the labels least. The loss is convex
// in 1/t: its slope is 0 once at most.
func bestTemperature(logits []float32, labels []int) float64 {
	low, high := 1.0/maxTemperature, 1/minTemperature
	for range 60 { // to the last bit of a float64
		middle := math.Sqrt(low * high)
		if lossSlope(logits, labels, middle) > 0 {
			high = middle
		} else {
			low = middle
		}
	}
	return 1 / math.Sqrt(low*high)
}

// lossSlope is the derivative of the cross-entropy of softmax(b·logits) by b,
// summed over the rows: the logit expected minus the label's.
func lossSlope(logits []float32, labels []int, b float64) float64 {
	classes, slope := len(logits)/len(labels), 0.0
	for i, label := range labels {
		row := logits[i*classes : (i+1)*classes]
		most := float64(row[argmax(row)])
		sum, weighted := 0.0, 0.0
		for _, v := range row {
			d := float64(v) - most
			e := math.Exp(b * d)
			sum += e
			weighted += e * d
		}
		slope += weighted/sum - (float64(row[label]) - most)
	}
	return slope
}

// soften divides the logits by t and makes the probabilities theirs.
func soften(logits, probabilities []float32, classes int, t float64) {
	for from := 0; from < len(logits); from += classes {
		row := logits[from : from+classes]
		for k, v := range row {
			row[k] = float32(float64(v) / t)
		}
		for k, l := range logSoftmax(row) {
			probabilities[from+k] = float32(math.Exp(l))
		}
	}
}
