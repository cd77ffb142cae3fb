package head

import (
	"fmt"
	"math"
)

// CategoricalAccuracy is the share of rows of scores [N, classes] whose largest value is
// that of the label; of equal values the first counts. Scores are probabilities
// or logits.
func CategoricalAccuracy(scores []float32, labels []int) (float64, error) {
	return share(scores, labels, func(row []float32, label int) bool { return argmax(row) == label })
}

// TopKAccuracy is the share of rows of scores [N, classes] with fewer than k values
// strictly above that of the label, so that ties count as right. A row with a
// value that is not finite counts as wrong. Both as Keras has it.
func TopKAccuracy(scores []float32, labels []int, k int) (float64, error) {
	if k < 1 {
		return 0, fmt.Errorf("head: top k: want k of at least 1, got %d", k)
	}
	return share(scores, labels, func(row []float32, label int) bool {
		above := 0
		for _, v := range row {
			if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
				return false
			}
			if v > row[label] {
				above++
			}
		}
		return above < k
	})
}

// logLossClip keeps the logarithm of a probability finite: the spacing of float32
// numbers at 1, as scikit-learn takes it for float32 probabilities.
const logLossClip = 1.0 / (1 << 23)

// LogLoss is the mean of -ln p over the rows of probabilities [N, classes], p
// being the probability of the label, clipped to [2⁻²³, 1 - 2⁻²³]. That is the
// score of Kaggle's competitions.
func LogLoss(probabilities []float32, labels []int) (float64, error) {
	sum := 0.0
	_, err := share(probabilities, labels, func(row []float32, label int) bool {
		sum -= math.Log(min(max(float64(row[label]), logLossClip), 1-logLossClip))
		return true
	})
	return sum / float64(len(labels)), err
}

// share is the share of rows that are right.
func share(scores []float32, labels []int, right func(row []float32, label int) bool) (float64, error) {
	n := len(labels)
	if n == 0 || len(scores) == 0 || len(scores)%n != 0 {
		return 0, fmt.Errorf("head: scores: want %d rows of one length, got %d values", n, len(scores))
	}
	classes, count := len(scores)/n, 0
	for i, label := range labels {
		if label < 0 || label >= classes {
			return 0, fmt.Errorf("head: row %d: want a label from 0 to %d, got %d", i, classes-1, label)
		}
		if right(scores[i*classes:(i+1)*classes], label) {
			count++
		}
	}
	return float64(count) / float64(n), nil
}

// crossEntropy is the mean loss of checked rows, by a stable log-softmax of the
// logits and without clipping, as Keras computes it for a softmax layer.
func crossEntropy(logits []float32, labels []int) float64 {
	classes, loss := len(logits)/len(labels), 0.0
	for i, label := range labels {
		row := logits[i*classes : (i+1)*classes]
		m := float64(row[argmax(row)])
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - m)
		}
		loss -= float64(row[label]) - m - math.Log(sum)
	}
	return loss / float64(len(labels))
}

// argmax returns the place of the largest value, the first of equal ones.
func argmax(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}
