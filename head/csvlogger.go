package head

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/cairnml/cairn/internal/durable"
)

// CSVLogger writes the figures of each epoch as a line of a CSV file: Keras's
// callback of that name, with Keras's columns epoch (counting from 0), accuracy,
// learning_rate, loss and, with held-out rows, val_accuracy and val_loss. The file
// is whole at every moment.
type CSVLogger struct {
	File      string
	Separator rune // 0 = ','
	Append    bool // keep the lines of a file that is there already
}

// Begin implements [Callback].
func (c CSVLogger) Begin(r *Run) (Watcher, error) {
	if c.File == "" {
		return nil, errors.New("head: CSVLogger: want a file name, got none")
	}
	if c.Separator == 0 {
		c.Separator = ','
	}
	w := &csvLogger{CSVLogger: c, run: r}
	if !c.Append {
		return w, nil
	}
	before, err := os.ReadFile(c.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("head: CSVLogger: %w", err)
	}
	w.before = string(before)
	return w, nil
}

type csvLogger struct {
	CSVLogger
	run    *Run
	before string // lines of earlier trainings
}

func (l *csvLogger) EpochEnd(Epoch) error {
	err := durable.WriteFile(l.File, func(w io.Writer) error {
		if _, err := io.WriteString(w, l.before); err != nil {
			return err
		}
		return l.run.history.writeCSV(w, l.Separator, l.before == "")
	})
	if err != nil {
		return fmt.Errorf("head: CSVLogger: %w", err)
	}
	return nil
}

func (l *csvLogger) End() error { return nil }

// State implements [StateWatcher].
func (l *csvLogger) State() (State, error) { return stateOf(l.before) }

// SetState implements [StateWatcher].
func (l *csvLogger) SetState(s State) error {
	if err := json.Unmarshal(s.JSON, &l.before); err != nil {
		return fmt.Errorf("CSVLogger: %w", err)
	}
	return nil
}

// writeCSV writes a line an epoch under Keras's names.
func (h History) writeCSV(w io.Writer, separator rune, header bool) error {
	out := csv.NewWriter(w)
	out.Comma = separator
	held := len(h) > 0 && h[0].ValRows > 0
	line := []string{"epoch", "accuracy", "learning_rate", "loss"}
	if held {
		line = append(line, "val_accuracy", "val_loss")
	}
	if header {
		if err := out.Write(line); err != nil {
			return err
		}
	}
	for _, e := range h {
		figures := []float64{e.Accuracy, e.LearningRate, e.Loss}
		if held {
			figures = append(figures, e.ValAccuracy, e.ValLoss)
		}
		line = append(line[:0], strconv.Itoa(e.N-1))
		for _, v := range figures {
			line = append(line, strconv.FormatFloat(v, 'g', -1, 64))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
