package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
)

// Params is what [Save] writes: a [*Store], a [Source], a trained network.
type Params interface {
	Param(name string, shape ...int) (*tensor.Dense, error)
}

// Save writes the parameters that m lists, in their dtype (float32 where none is
// given), with their manifest as the weight folder dir; their files and SHA-256
// sums are filled in. All is written beside dir, synced and then renamed, so that
// dir is whole or as it was. An older weight folder is replaced; a folder with
// anything else in it is an error.
func Save(dir string, m Manifest, params Params) error {
	if err := save(dir, m, params); err != nil {
		return fmt.Errorf("weights: save %s: %w", dir, err)
	}
	return nil
}

func save(dir string, m Manifest, params Params) error {
	if params == nil {
		return errors.New("no parameters given")
	}
	m.Parameters = slices.Clone(m.Parameters)
	for i := range m.Parameters {
		m.Parameters[i].File, m.Parameters[i].SHA256 = "", ""
	}
	if err := m.check(); err != nil {
		return err
	}
	dir = filepath.Clean(dir)
	if err := replaceable(dir); err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	work, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".*.tmp")
	if err != nil {
		return err
	}
	// A folder of its own inside work has the permissions of an ordinary one.
	next, old := filepath.Join(work, "new"), filepath.Join(work, "old")
	if err := fill(next, m, params); err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	if err := replace(dir, next, old); err != nil {
		// Removes work too, but not if an older folder could not be moved back.
		return errors.Join(err, os.RemoveAll(next), os.Remove(work))
	}
	return os.RemoveAll(work)
}

// fill writes every file of the folder.
func fill(dir string, m Manifest, params Params) error {
	disk := durable.NewSyncer()
	return errors.Join(writeFiles(disk, dir, m, params), disk.Wait())
}

func writeFiles(disk *durable.Syncer, dir string, m Manifest, params Params) error {
	for i := range m.Parameters {
		p := &m.Parameters[i]
		t, err := params.Param(p.Name, p.Shape...)
		if err != nil {
			return err
		}
		values, err := valuesOf(t, p.Shape)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		a, err := array(values, *p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		sum := sha256.New()
		err = writeFile(disk, dir, p.File, func(w io.Writer) error { return npy.Write(io.MultiWriter(w, sum), a) })
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	return writeFile(disk, dir, manifestFile, func(w io.Writer) error { return m.write(w) })
}

// write writes one parameter a line, for people and diffs.
func (m Manifest) write(w io.Writer) error {
	parameters := m.Parameters
	m.Parameters = []Parameter{}
	head, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(head, []byte("]\n}")))
	for i, p := range parameters {
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n  %s", line)
	}
	b.WriteString("\n ]\n}\n")
	_, err = w.Write(b.Bytes())
	return err
}

// valuesOf returns the elements of a float32 tensor of that shape in C order.
func valuesOf(t *tensor.Dense, shape []int) ([]float32, error) {
	switch {
	case t == nil:
		return nil, errors.New("no tensor")
	case !slices.Equal([]int(t.Shape()), shape):
		return nil, fmt.Errorf("want shape %v, got %v", shape, t.Shape())
	case t.RequiresIterator() || t.DataOrder().IsColMajor():
		return nil, errors.New("want values in C order")
	}
	values, ok := t.Data().([]float32)
	if !ok {
		return nil, fmt.Errorf("want float32, got %v", t.Dtype())
	}
	return values, nil
}

func array(values []float32, p Parameter) (*npy.Array, error) {
	dtype, err := npy.ParseDtype(p.Dtype)
	if err != nil {
		return nil, err
	}
	a := &npy.Array{Header: npy.Header{Dtype: dtype, Shape: p.Shape}, Float32: values}
	switch dtype {
	case npy.Float16:
		const limit = 65520 // and above round to infinity
		for i, v := range values {
			if v := math.Abs(float64(v)); v >= limit && !math.IsInf(v, 0) {
				return nil, fmt.Errorf("element %d: want less than %d for float16, got %v", i, limit, values[i])
			}
		}
	case npy.Float64:
		a = &npy.Array{Header: a.Header, Float64: make([]float64, len(values))}
		for i, v := range values {
			a.Float64[i] = float64(v)
		}
	}
	return a, nil
}

// writeFile makes the file name below dir; the disk has it after disk.Wait.
func writeFile(disk *durable.Syncer, dir, name string, write func(io.Writer) error) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("%s cannot be a file name here", name)
	}
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = write(f)
	disk.Close(f)
	return err
}

// replaceable returns an error unless dir is absent, empty or a weight folder.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == manifestFile }) {
		return nil
	}
	return fmt.Errorf("the folder has files and no %s: not overwritten", manifestFile)
}

// replace renames next to dir, and an older dir to old.
func replace(dir, next, old string) error {
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	existed := err == nil
	if err := os.Rename(next, dir); err != nil {
		if existed {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	// Not every system can sync a folder; the files themselves are synced.
	if parent, err := os.Open(filepath.Dir(dir)); err == nil {
		_ = parent.Sync()
		parent.Close()
	}
	return nil
}
