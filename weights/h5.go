package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/cairnml/cairn/internal/hdf5"
	"github.com/cairnml/cairn/internal/zipfile"
)

// H5 is an open HDF5 file, such as those that Keras saves weights in:
//
//   - weights.h5 of Keras 1 and 2, with the names of layers as attributes;
//   - model.h5 of Keras 2 and 3, which has the same under model_weights;
//   - model.weights.h5 of Keras 3, which counts layers by their class;
//   - model.keras, a zip file with the latter in it.
//
// It is for one goroutine; what [H5.Match] returns is not.
type H5 struct {
	file *hdf5.File
	name string // of the file, with a colon, if r has one
}

// weightsEntry is what Keras calls its weights in a .keras file.
const weightsEntry = "model.weights.h5"

// OpenH5 opens a file of size bytes, .h5 or .keras. It reads little now and the
// rest when it is asked for; r must stay open as long. If r is an *os.File, its
// name is in all errors.
func OpenH5(r io.ReaderAt, size int64) (*H5, error) {
	h := &H5{}
	if named, ok := r.(interface{ Name() string }); ok {
		h.name = filepath.Base(named.Name()) + ": "
	}
	var err error
	if isZip(r) {
		if r, size, err = openKeras(r, size); err != nil {
			return nil, h.wrap(err)
		}
	}
	if h.file, err = hdf5.Open(r, size); err != nil {
		return nil, h.wrap(err)
	}
	return h, nil
}

func (h *H5) wrap(err error) error { return fmt.Errorf("weights: %s%w", h.name, err) }

func isZip(r io.ReaderAt) bool {
	var head [4]byte
	n, _ := r.ReadAt(head[:], 0)
	return string(head[:n]) == "PK\x03\x04"
}

// openKeras finds the weights in a .keras file. Keras stores them as they are;
// if another program has compressed them, they are expanded in memory.
func openKeras(r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	archive, err := zipfile.Open(r, size)
	if err != nil {
		return nil, 0, err
	}
	for _, entry := range archive.File {
		if entry.Name != weightsEntry {
			continue
		}
		n := entry.UncompressedSize64
		if entry.Method == zip.Store {
			at, err := entry.DataOffset()
			if err != nil {
				return nil, 0, fmt.Errorf("%s: %w", weightsEntry, err)
			}
			if n > uint64(size) || at > size-int64(n) {
				return nil, 0, fmt.Errorf("%s: want %d bytes at offset %d, the file has %d", weightsEntry, n, at, size)
			}
			return io.NewSectionReader(r, at, int64(n)), int64(n), nil
		}
		const expansion, slack = 2, 1 << 20 // weights hardly compress
		if n > expansion*uint64(size)+slack {
			return nil, 0, fmt.Errorf("%s: %d bytes are too many for a file of %d", weightsEntry, n, size)
		}
		f, err := entry.Open()
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", weightsEntry, err)
		}
		defer f.Close()
		whole := make([]byte, n)
		if _, err := io.ReadFull(f, whole); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", weightsEntry, err)
		}
		return bytes.NewReader(whole), int64(n), nil
	}
	return nil, 0, fmt.Errorf("a zip file without %s", weightsEntry)
}

// H5Entry is a group or a dataset of an HDF5 file.
type H5Entry struct {
	Path  string // absolute
	Dtype string // such as float32; "" for a group
	Shape []int  // of a dataset, empty for a scalar
}

// Entries lists all groups and datasets of the file, whether Keras wrote it or
// not, a group before what is in it.
func (h *H5) Entries() ([]H5Entry, error) {
	var list []H5Entry
	err := h.file.Walk(func(g *hdf5.Group, d *hdf5.Dataset) error {
		if g != nil {
			list = append(list, H5Entry{Path: g.Path})
		} else {
			list = append(list, H5Entry{Path: d.Path, Dtype: d.Type.String(), Shape: d.Shape})
		}
		return nil
	})
	if err != nil {
		return nil, h.wrap(err)
	}
	return list, nil
}

// errNoWeights is that of a file which is not Keras's.
var errNoWeights = errors.New("not a weight file of Keras: no attribute layer_names, in the root or in /model_weights, and no group /layers")

// layerOf is the layer of a parameter's name.
func layerOf(parameter string) string {
	if i := strings.LastIndexByte(parameter, '/'); i >= 0 {
		return parameter[:i]
	}
	return ""
}
