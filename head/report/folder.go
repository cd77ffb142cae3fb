package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/head"
)

// The files of a folder that a report is made from.
const (
	historyFile     = "history.json"
	predictionsFile = "held_out.csv"
)

// Read reads the report of the folder dir, where Write left history.json and
// held_out.csv. Either may be missing, but not both. Photos are not known then.
func Read(dir string) (Report, error) {
	r := Report{Title: filepath.Base(dir)}
	found := false
	open := func(name string, read func(io.Reader) error) error {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		defer f.Close()
		found = true
		if err := read(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		return nil
	}
	err := errors.Join(
		open(historyFile, func(f io.Reader) (err error) { r.History, err = head.ReadHistory(f); return err }),
		open(predictionsFile, func(f io.Reader) (err error) { r.Held, err = ReadPredictions(f); return err }),
	)
	if err == nil && !found {
		err = fmt.Errorf("report: %s: want %s or %s, as a training leaves them: %w", dir, historyFile, predictionsFile, fs.ErrNotExist)
	}
	return r, err
}
