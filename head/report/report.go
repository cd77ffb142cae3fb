package report

import (
	_ "embed" // for report.html
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/internal/durable"
)

// Report is what came of a training. What is left out, the page leaves out, but
// History or Held must be there.
type Report struct {
	Title   string // "" = Training report
	History head.History
	Held    *Predictions // of the rows that were held out
	Photos  fs.FS        // where Held.Files lie; nil = no thumbnails
	Worst   int          // mistakes that are shown; 0 = 24
}

//go:embed report.html
var pageSource string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"percent": func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	"fixed":   func(v float64) string { return fmt.Sprintf("%.3f", v) },
	"label":   func(name string) string { return strings.ReplaceAll(name, "_", " ") },
}).Parse(pageSource))

// Write writes the report into the folder dir, made if missing: report.html, the
// charts as PNG (loss, accuracy, learning_rate, calibration), history.csv,
// history.json and held_out.csv. A photo that can't be read is left out of the
// page, which says so.
func (r Report) Write(dir string) error {
	if err := r.write(dir); err != nil {
		return fmt.Errorf("report: %s: %w", dir, err)
	}
	return nil
}

func (r Report) write(dir string) error {
	if len(r.History) == 0 && r.Held == nil {
		return errors.New("want a history or predictions, got neither")
	}
	p, charts, err := r.page()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, c := range charts {
		picture, err := pngOf(c.plot)
		if err != nil {
			return err
		}
		if err := durable.WriteBytes(filepath.Join(dir, c.name+".png"), picture); err != nil {
			return err
		}
	}
	files := map[string]func(io.Writer) error{"report.html": func(w io.Writer) error { return pageTemplate.Execute(w, p) }}
	if len(r.History) > 0 {
		files[historyFile], files["history.csv"] = r.History.WriteJSON, r.History.WriteCSV
	}
	if r.Held != nil {
		files[predictionsFile] = r.Held.WriteCSV
	}
	for name, write := range files {
		if err := durable.WriteFile(filepath.Join(dir, name), write); err != nil {
			return err
		}
	}
	return nil
}
