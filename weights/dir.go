package weights

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/npy"
)

// Store reads parameters from a weight folder. It is safe for concurrent use if
// its file system is; those of os.DirFS, embed and archive/zip are.
type Store struct {
	fsys     fs.FS
	manifest *Manifest      // nil where there is none
	listed   map[string]int // by name, where in manifest.Parameters
}

// ShapeError reports a parameter of another shape than the network has.
type ShapeError struct {
	Name      string // Keras path
	File      string // in the folder
	Want, Got []int
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("weights: %s: %s: want shape %v, got %v", e.Name, e.File, e.Want, e.Got)
}

// Dir opens a weight folder. With a manifest.json only the parameters in it are
// found, and they are verified; without, every .npy file is a parameter. A .npz
// file, which archive/zip opens, is a folder too. A damaged manifest, or a folder
// without any .npy file, is an error.
func Dir(fsys fs.FS) (*Store, error) {
	if fsys == nil {
		return nil, errors.New("weights: no folder given")
	}
	m, err := readManifest(fsys)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", manifestFile, err)
	}
	s := &Store{fsys: fsys, manifest: m}
	if m == nil {
		return s, s.findAny()
	}
	s.listed = make(map[string]int, len(m.Parameters))
	for i, p := range m.Parameters {
		s.listed[p.Name] = i
	}
	return s, nil
}

// findAny returns an error if there is no .npy file at all.
func (s *Store) findAny() error {
	found := errors.New("found")
	err := fs.WalkDir(s.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".npy" {
			return found
		}
		return err
	})
	switch {
	case err == found:
		return nil
	case err != nil:
		return fmt.Errorf("weights: folder: %w", reason(err))
	}
	return fmt.Errorf("weights: neither %s nor any .npy file in the folder: %w", manifestFile, fs.ErrNotExist)
}

// Manifest returns a copy of the folder's manifest, empty where there is none.
func (s *Store) Manifest() Manifest {
	if s.manifest == nil {
		return Manifest{}
	}
	m := *s.manifest
	m.Parameters = slices.Clone(m.Parameters)
	for i := range m.Parameters {
		m.Parameters[i].Shape = slices.Clone(m.Parameters[i].Shape)
	}
	return m
}

// Param reads a parameter, such as conv1_conv/kernel, of the given shape, as
// float32. A missing one satisfies errors.Is(err, fs.ErrNotExist), one of
// another shape is a [*ShapeError]; a file that is truncated, not as the
// manifest says or not an array of floats is named with what is wrong.
func (s *Store) Param(name string, shape ...int) (*tensor.Dense, error) {
	if err := cmp.Or(checkName(name), checkShape(shape)); err != nil {
		return nil, fmt.Errorf("weights: %s: %w", name, err)
	}
	p := Parameter{Name: name, File: name + ".npy"}
	if s.manifest != nil {
		i, ok := s.listed[name]
		if !ok {
			return nil, fmt.Errorf("weights: %s: not in %s: %w", name, manifestFile, fs.ErrNotExist)
		}
		p = s.manifest.Parameters[i]
		if !slices.Equal(p.Shape, shape) {
			return nil, &ShapeError{Name: name, File: p.File, Want: slices.Clone(shape), Got: slices.Clone(p.Shape)}
		}
	}
	values, err := s.read(p, shape)
	var misshapen *ShapeError
	switch {
	case errors.As(err, &misshapen):
		return nil, misshapen
	case err != nil:
		return nil, fmt.Errorf("weights: %s: %s: %w", name, p.File, err)
	}
	return dense(values, shape), nil
}

// read reads and verifies one file. The shape is looked at before the data.
func (s *Store) read(p Parameter, shape []int) ([]float32, error) {
	f, err := s.fsys.Open(p.File)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	r, sum := io.Reader(f), hash.Hash(nil)
	if p.SHA256 != "" {
		sum = sha256.New()
		r = io.TeeReader(f, sum)
	}
	h, err := npy.ReadHeader(r)
	if err != nil {
		return nil, reason(err)
	}
	if !slices.Equal(h.Shape, shape) {
		return nil, &ShapeError{Name: p.Name, File: p.File, Want: slices.Clone(shape), Got: h.Shape}
	}
	if p.Dtype != "" && p.Dtype != h.Dtype.String() {
		return nil, fmt.Errorf("want %s as %s says, got %v", p.Dtype, manifestFile, h.Dtype)
	}
	a, err := npy.ReadData(r, h)
	if err != nil {
		return nil, reason(err)
	}
	if sum != nil {
		if err := p.checkSum(sum); err != nil {
			return nil, err
		}
	}
	return a.AsFloat32()
}

// reason drops the operation and path that a file system puts before a cause:
// the message names the file already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// dense wraps values, C order, as a tensor.
func dense(values []float32, shape []int) *tensor.Dense {
	return tensor.New(tensor.WithShape(slices.Clone(shape)...), tensor.WithBacking(values))
}
