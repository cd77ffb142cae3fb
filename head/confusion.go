package head

import "fmt"

// Confusion counts predictions: Confusion[t][p] rows of class t were taken for
// class p. Both sides have all classes.
type Confusion [][]int

// NewConfusion counts the rows of scores [N, classes], probabilities or logits.
// The prediction is the largest value of a row, the first of equal ones, as in
// Keras's accuracy.
func NewConfusion(scores []float32, labels []int) (Confusion, error) {
	classes, err := classesOf(scores, labels)
	if err != nil {
		return nil, fmt.Errorf("head: confusion: scores: %w", err)
	}
	c := make(Confusion, classes)
	for i := range c {
		c[i] = make([]int, classes)
	}
	for i, label := range labels {
		c[label][argmax(scores[i*classes:(i+1)*classes])]++
	}
	return c, nil
}

// ClassScore is how well one class is recognised. A quotient by zero is 0.
type ClassScore struct {
	Rows      int     // of the class
	Predicted int     // rows that were taken for it
	Precision float64 // share of Predicted that are of the class
	Recall    float64 // share of Rows that were recognised
	F1        float64 // harmonic mean of Precision and Recall
}

// Scores returns the scores of each class, in order.
func (c Confusion) Scores() []ClassScore {
	scores := make([]ClassScore, len(c))
	for t, row := range c {
		for p, n := range row {
			scores[t].Rows += n
			scores[p].Predicted += n
		}
	}
	for i := range scores {
		s := &scores[i]
		s.Precision = quotient(c[i][i], s.Predicted)
		s.Recall = quotient(c[i][i], s.Rows)
		s.F1 = quotient(2*c[i][i], s.Rows+s.Predicted)
	}
	return scores
}

// Macro returns the means of precision, recall and F1 over the classes that have
// rows or were predicted; Rows and Predicted are sums.
func (c Confusion) Macro() ClassScore {
	var m ClassScore
	n := 0.0
	for _, s := range c.Scores() {
		if s.Rows == 0 && s.Predicted == 0 {
			continue
		}
		n++
		m.Rows += s.Rows
		m.Predicted += s.Predicted
		m.Precision += s.Precision
		m.Recall += s.Recall
		m.F1 += s.F1
	}
	if n > 0 {
		m.Precision, m.Recall, m.F1 = m.Precision/n, m.Recall/n, m.F1/n
	}
	return m
}

func quotient(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
