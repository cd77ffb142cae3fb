package head

import (
	"fmt"
	"math"
)

// probabilityClip keeps logarithms of probabilities finite: Keras's epsilon, as
// float32.
const probabilityClip float32 = 1e-7

// CategoricalCrossentropy is Keras's loss of that name for predictions and
// targets [N, classes]. Training computes the loss of a softmax layer from its
// logits, as Keras does, so that only predictions that come as probabilities are
// clipped.
type CategoricalCrossentropy struct {
	FromLogits     bool    // predictions are logits, else probabilities
	LabelSmoothing float64 // a in [0, 1): targets t become t·(1-a) + a/classes
}

// Rows returns the loss of each row. Probabilities p are divided by their sum,
// clipped to [1e-7, 1-1e-7] in float32, and cost -Σ t·ln p: probability 0 costs
// 16.1, and a row of zeros NaN.
func (c CategoricalCrossentropy) Rows(predictions, targets []float32, classes int) ([]float64, error) {
	if classes < 1 || len(predictions) == 0 || len(predictions)%classes != 0 || len(targets) != len(predictions) {
		return nil, fmt.Errorf("head: crossentropy: want rows of %d predictions and as many targets, got %d and %d values", classes, len(predictions), len(targets))
	}
	a := c.LabelSmoothing
	if !(a >= 0 && a < 1) {
		return nil, fmt.Errorf("head: crossentropy: label smoothing: want a number in [0, 1), got %v", a)
	}
	losses := make([]float64, len(predictions)/classes)
	for i := range losses {
		p, t := predictions[i*classes:(i+1)*classes], targets[i*classes:(i+1)*classes]
		logs := clippedLogs(p)
		if c.FromLogits {
			logs = logSoftmax(p)
		}
		for k, l := range logs {
			target := float64(float32(float64(t[k])*(1-a) + a/float64(classes)))
			losses[i] -= target * l
		}
	}
	return losses, nil
}

// SparseCategoricalCrossentropy is Keras's loss of that name for predictions
// [N, classes] and labels [N].
type SparseCategoricalCrossentropy struct {
	FromLogits bool // predictions are logits, else probabilities
}

// Rows returns the loss of each row. Probabilities are clipped to [1e-7, 1-1e-7]
// in float32, not divided by their sum first, and their logarithms taken as
// logits: a row of zeros costs ln classes.
func (c SparseCategoricalCrossentropy) Rows(predictions []float32, labels []int) ([]float64, error) {
	classes, err := classesOf(predictions, labels)
	if err != nil {
		return nil, fmt.Errorf("head: crossentropy: %w", err)
	}
	losses := make([]float64, len(labels))
	for i, l := range labels {
		z := predictions[i*classes : (i+1)*classes]
		if !c.FromLogits {
			logs := make([]float32, classes)
			for k, p := range z {
				logs[k] = float32(math.Log(float64(clip(p))))
			}
			z = logs
		}
		losses[i] = -logSoftmax(z)[l]
	}
	return losses, nil
}

// classesOf checks that there is a row of scores for every label.
func classesOf(scores []float32, labels []int) (int, error) {
	n := len(labels)
	if n == 0 || len(scores) == 0 || len(scores)%n != 0 {
		return 0, fmt.Errorf("want %d rows of one length, got %d values", n, len(scores))
	}
	classes := len(scores) / n
	for i, l := range labels {
		if l < 0 || l >= classes {
			return 0, fmt.Errorf("row %d: want a label from 0 to %d, got %d", i, classes-1, l)
		}
	}
	return classes, nil
}

func clip(p float32) float32 { return min(max(p, probabilityClip), 1-probabilityClip) }

// clippedLogs are the logarithms of the probabilities of one row.
func clippedLogs(row []float32) []float64 {
	var sum float32
	for _, p := range row {
		sum += p
	}
	logs := make([]float64, len(row))
	for k, p := range row {
		logs[k] = math.Log(float64(clip(p / sum)))
	}
	return logs
}

// logSoftmax is stable for any finite logits.
func logSoftmax(row []float32) []float64 {
	m := float64(row[argmax(row)])
	sum := 0.0
	for _, v := range row {
		sum += math.Exp(float64(v) - m)
	}
	logs := make([]float64, len(row))
	for k, v := range row {
		logs[k] = float64(v) - m - math.Log(sum)
	}
	return logs
}
