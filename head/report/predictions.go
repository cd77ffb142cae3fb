package report

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// Predictions are what a head says of labelled rows.
type Predictions struct {
	Classes       []string
	Files         []string  // [rows], photo of each row; may be empty
	Labels        []int     // [rows]
	Probabilities []float32 // [rows, classes]
}

// Predict asks a head about features.
func Predict(ctx context.Context, h *head.Head, f *data.Features) (*Predictions, error) {
	if h == nil || f == nil {
		return nil, errors.New("report: want a head and features, got nil")
	}
	x := make([]float32, 0, f.Len()*f.Width)
	for i := range f.Len() {
		x = append(x, f.Row(i)...)
	}
	probabilities, err := h.Predict(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	p := &Predictions{Classes: f.Classes, Files: f.Files, Labels: f.Labels, Probabilities: probabilities}
	return p, p.check()
}

func (p *Predictions) check() error {
	n, k := len(p.Labels), len(p.Classes)
	if n == 0 || k < 2 || len(p.Probabilities)/k != n || len(p.Probabilities)%k != 0 {
		return fmt.Errorf("report: predictions: want %d probabilities for each of %d rows, got %d in all", k, n, len(p.Probabilities))
	}
	if len(p.Files) != 0 && len(p.Files) != n {
		return fmt.Errorf("report: predictions: want %d files, one a row, or none, got %d", n, len(p.Files))
	}
	for i, l := range p.Labels {
		if l < 0 || l >= k {
			return fmt.Errorf("report: predictions: row %d: want a label from 0 to %d, got %d", i, k-1, l)
		}
	}
	for i, v := range p.Probabilities {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("report: predictions: row %d, class %q: want a probability, got %v", i/k, p.Classes[i%k], v)
		}
	}
	return nil
}

// row returns the probabilities of a row and the most probable class, the first
// of equal ones.
func (p *Predictions) row(i int) (probabilities []float32, best int) {
	k := len(p.Classes)
	probabilities = p.Probabilities[i*k : (i+1)*k]
	for c, v := range probabilities {
		if v > probabilities[best] {
			best = c
		}
	}
	return probabilities, best
}

var csvColumns = []string{"file", "class", "predicted"}

// WriteCSV writes a line a row: the photo, its class, the predicted class, and the
// probabilities of all classes.
func (p *Predictions) WriteCSV(w io.Writer) error {
	if err := p.check(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(slices.Concat(csvColumns, p.Classes)); err != nil {
		return err
	}
	line := make([]string, 0, len(csvColumns)+len(p.Classes))
	for i, l := range p.Labels {
		probabilities, best := p.row(i)
		file := ""
		if len(p.Files) != 0 {
			file = p.Files[i]
		}
		line = append(line[:0], file, p.Classes[l], p.Classes[best])
		for _, v := range probabilities {
			line = append(line, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// ReadPredictions reads what WriteCSV wrote.
func ReadPredictions(r io.Reader) (*Predictions, error) {
	p := &Predictions{}
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("report: predictions: %w", err)
	}
	if len(header) < len(csvColumns)+2 || !slices.Equal(header[:len(csvColumns)], csvColumns) {
		return nil, fmt.Errorf("report: predictions: line 1: want %v and the names of at least two classes", csvColumns)
	}
	p.Classes = slices.Clone(header[len(csvColumns):])
	places := make(map[string]int, len(p.Classes))
	for i, name := range p.Classes {
		if _, twice := places[name]; twice {
			return nil, fmt.Errorf("report: predictions: line 1: class %q: want each name once", name)
		}
		places[name] = i
	}
	named := false
	for {
		line, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("report: predictions: %w", err)
		}
		label, ok := places[line[1]]
		if !ok {
			return nil, fmt.Errorf("report: predictions: row %d: want a class of the header, got %q", len(p.Labels), line[1])
		}
		p.Files, p.Labels = append(p.Files, line[0]), append(p.Labels, label)
		named = named || line[0] != ""
		for _, text := range line[len(csvColumns):] {
			v, err := strconv.ParseFloat(text, 32)
			if err != nil || math.IsNaN(v) {
				return nil, fmt.Errorf("report: predictions: row %d: want a probability, got %q", len(p.Labels)-1, text)
			}
			p.Probabilities = append(p.Probabilities, float32(v))
		}
	}
	if !named {
		p.Files = nil
	}
	return p, p.check()
}
