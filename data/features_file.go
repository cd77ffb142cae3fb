package data

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/cairnml/cairn/internal/npy"
)

const (
	featuresTable = "features.npy"
	featuresIndex = "features.json"
	featuresForm  = 1
)

// featuresFile is the content of features.json.
type featuresFile struct {
	Format  int      `json:"format"`
	Rows    int      `json:"rows"`
	Width   int      `json:"width"`
	SHA256  string   `json:"sha256"` // of features.npy
	Source  string   `json:"source"`
	Classes []string `json:"classes"`
	Labels  []int    `json:"labels"`
	Files   []string `json:"files,omitempty"`
}

// Save writes the features into a folder, which is made if it is missing:
// features.npy holds X as float32 [Len, Width], features.json the rest. Both are
// complete on disk before either replaces an older file, and OpenFeatures
// notices when two do not belong together.
func (f *Features) Save(dir string) error {
	if err := f.Validate(); err != nil {
		return err
	}
	if err := f.save(dir); err != nil {
		return fmt.Errorf("data: save features: %w", err)
	}
	return nil
}

func (f *Features) save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	sum := sha256.New()
	table, err := stage(filepath.Join(dir, featuresTable), func(w io.Writer) error {
		shape := []int{f.Len(), f.Width}
		return npy.Write(io.MultiWriter(w, sum), &npy.Array{Header: npy.Header{Shape: shape}, Float32: f.compact()})
	})
	if err != nil {
		return err
	}
	defer table.drop()
	index, err := stage(filepath.Join(dir, featuresIndex), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(featuresFile{
			Format: featuresForm, Rows: f.Len(), Width: f.Width, SHA256: hex.EncodeToString(sum.Sum(nil)),
			Source: f.Source, Classes: f.Classes, Labels: f.Labels, Files: f.Files,
		})
	})
	if err != nil {
		return err
	}
	defer index.drop()
	if err := table.commit(); err != nil {
		return err
	}
	return index.commit()
}

// compact returns the rows one behind the other.
func (f *Features) compact() []float32 {
	if f.Index == nil {
		return f.X
	}
	x := make([]float32, 0, f.Len()*f.Width)
	for i := range f.Len() {
		x = append(x, f.Row(i)...)
	}
	return x
}

// A staged file is complete under a temporary name beside its own.
type staged string

// stage writes a file under its temporary name and syncs it.
func stage(name string, write func(io.Writer) error) (staged, error) {
	s := staged(name)
	file, err := os.Create(s.temporary())
	if err != nil {
		return "", err
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err != nil {
		s.drop()
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func (s staged) temporary() string { return string(s) + ".tmp" }

func (s staged) commit() error { return os.Rename(s.temporary(), string(s)) }

// drop removes the temporary file unless it was committed.
func (s staged) drop() { os.Remove(s.temporary()) }

// OpenFeatures reads the features that Save wrote into the folder fsys. A file
// that is missing (fs.ErrNotExist), damaged or not of the other one is named in
// the error.
func OpenFeatures(fsys fs.FS) (*Features, error) {
	f, err := openFeatures(fsys)
	if err != nil {
		return nil, fmt.Errorf("data: open features: %w", err)
	}
	return f, nil
}

func openFeatures(fsys fs.FS) (*Features, error) {
	index, err := readIndex(fsys)
	if err != nil {
		return nil, err
	}
	x, err := readTable(fsys, index)
	if err != nil {
		return nil, err
	}
	f := &Features{X: x, Width: index.Width, Labels: index.Labels, Classes: index.Classes, Files: index.Files, Source: index.Source}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	return f, nil
}

func readIndex(fsys fs.FS) (featuresFile, error) {
	var index featuresFile
	text, err := fs.ReadFile(fsys, featuresIndex)
	if err != nil {
		return index, err
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return index, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	if index.Format != featuresForm {
		return index, fmt.Errorf("%s: want format %d, got %d", featuresIndex, featuresForm, index.Format)
	}
	if index.Rows != len(index.Labels) {
		return index, fmt.Errorf("%s: want %d labels, one per row, got %d", featuresIndex, index.Rows, len(index.Labels))
	}
	return index, nil
}

// readTable reads X, which must be just what the index announces.
func readTable(fsys fs.FS, index featuresFile) ([]float32, error) {
	file, err := fsys.Open(featuresTable)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	r := io.TeeReader(file, sum)
	h, err := npy.ReadHeader(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", featuresTable, err)
	}
	if want := []int{index.Rows, index.Width}; h.Dtype != npy.Float32 || !slices.Equal(h.Shape, want) {
		return nil, fmt.Errorf("%s: want float32 %v as %s says, got %v %v", featuresTable, want, featuresIndex, h.Dtype, h.Shape)
	}
	a, err := npy.ReadData(r, h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", featuresTable, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != index.SHA256 {
		return nil, fmt.Errorf("%s: damaged, or not of the %s beside it: want SHA-256 %s, got %s", featuresTable, featuresIndex, index.SHA256, got)
	}
	return a.Float32, nil
}
