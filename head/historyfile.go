package head

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// historyJSON is Keras's History.history. What is not finite is null.
type historyJSON struct {
	Loss         []*float64 `json:"loss"`
	Accuracy     []*float64 `json:"accuracy"`
	ValLoss      []*float64 `json:"val_loss,omitempty"`
	ValAccuracy  []*float64 `json:"val_accuracy,omitempty"`
	LearningRate []*float64 `json:"learning_rate"`
}

// WriteJSON writes the figures under the names of Keras's History.history, a list
// for each with a value an epoch: loss, accuracy, learning_rate and, where rows
// were held out, val_loss and val_accuracy. A value that is not finite is null.
func (h History) WriteJSON(w io.Writer) error {
	var j historyJSON
	held := len(h) > 0 && h[0].ValRows > 0
	for _, e := range h {
		j.Loss, j.Accuracy, j.LearningRate = append(j.Loss, finite(e.Loss)), append(j.Accuracy, finite(e.Accuracy)), append(j.LearningRate, finite(e.LearningRate))
		if held {
			j.ValLoss, j.ValAccuracy = append(j.ValLoss, finite(e.ValLoss)), append(j.ValAccuracy, finite(e.ValAccuracy))
		}
	}
	text, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// WriteCSV writes a line an epoch, in the columns of Keras's CSVLogger.
func (h History) WriteCSV(w io.Writer) error { return h.writeCSV(w, ',', true) }

const maxHistory = 64 << 20 // bytes of JSON

// ReadHistory reads what WriteJSON wrote, or what Keras's History.history is as
// JSON. A null is NaN; ValRows is 1 where rows were held out, for their number is
// not in the file.
func ReadHistory(r io.Reader) (History, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxHistory+1))
	if err != nil {
		return nil, fmt.Errorf("head: history: %w", err)
	}
	if len(text) > maxHistory {
		return nil, fmt.Errorf("head: history: want at most %d bytes, got more", maxHistory)
	}
	var j historyJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, fmt.Errorf("head: history: %w", err)
	}
	n := len(j.Loss)
	for name, list := range map[string][]*float64{"accuracy": j.Accuracy, "val_loss": j.ValLoss, "val_accuracy": j.ValAccuracy, "learning_rate": j.LearningRate} {
		if len(list) != 0 && len(list) != n {
			return nil, fmt.Errorf("head: history: %s: want %d values, one an epoch, got %d", name, n, len(list))
		}
	}
	h := make(History, n)
	for i := range h {
		h[i] = Epoch{N: i + 1, Loss: at(j.Loss, i), Accuracy: at(j.Accuracy, i), ValLoss: at(j.ValLoss, i), ValAccuracy: at(j.ValAccuracy, i), LearningRate: at(j.LearningRate, i)}
		if len(j.ValLoss) > 0 {
			h[i].ValRows = 1
		}
	}
	return h, nil
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func at(list []*float64, i int) float64 {
	if i >= len(list) || list[i] == nil {
		return math.NaN()
	}
	return *list[i]
}
