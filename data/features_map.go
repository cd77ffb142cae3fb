package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"unsafe"

	"github.com/cairnml/cairn/internal/npy"
)

// MapFeatures is [OpenFeatures] of a folder on disk without reading the table
// into memory: X is a view of the file, whose pages come and go as the system
// sees fit, so that features may be larger than memory. X is read only and ends
// with Close of the second result. The file must not change until then. Like
// OpenFeatures it reads everything once to check it.
func MapFeatures(dir string) (*Features, io.Closer, error) {
	f, m, err := mapFeatures(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("data: map features: %w", err)
	}
	return f, m, nil
}

func mapFeatures(dir string) (*Features, *mapping, error) {
	index, err := readIndex(os.DirFS(dir))
	if err != nil {
		return nil, nil, err
	}
	m, x, err := mapTable(filepath.Join(dir, featuresTable), index)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", featuresTable, err)
	}
	f := &Features{X: x, Width: index.Width, Labels: index.Labels, Classes: index.Classes, Files: index.Files, Source: index.Source}
	if err := f.check(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", featuresIndex, err), m.Close())
	}
	return f, m, nil
}

// mapTable maps the table, which must be just what the index announces.
func mapTable(name string, index featuresFile) (*mapping, []float32, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	sum := sha256.New()
	h, err := npy.ReadHeader(io.TeeReader(file, sum))
	if err != nil {
		return nil, nil, err
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	n, err := h.Len()
	if err != nil {
		return nil, nil, err
	}
	const size = 4
	switch want := []int{index.Rows, index.Width}; {
	case h.Dtype != npy.Float32 || !slices.Equal(h.Shape, want):
		return nil, nil, fmt.Errorf("want float32 %v as %s says, got %v %v", want, featuresIndex, h.Dtype, h.Shape)
	case n == 0:
		return nil, nil, fmt.Errorf("want at least one value, got shape %v", h.Shape)
	case info.Size() != start+int64(n)*size:
		return nil, nil, fmt.Errorf("want %d bytes, got %d", start+int64(n)*size, info.Size())
	case start%size != 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1:
		return nil, nil, errors.New("values that are not as this machine's: open the features instead of mapping them")
	}
	if _, err := io.Copy(sum, file); err != nil {
		return nil, nil, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != index.SHA256 {
		return nil, nil, fmt.Errorf("damaged, or not of the %s beside it: want SHA-256 %s, got %s", featuresIndex, index.SHA256, got)
	}
	all, err := mapFile(file, info.Size())
	if err != nil {
		return nil, nil, err
	}
	return &mapping{memory: all}, unsafe.Slice((*float32)(unsafe.Pointer(&all[start])), n), nil
}

// mapping is a file in memory.
type mapping struct {
	once   sync.Once
	memory []byte
}

// Close lets go of the file. It may be called again.
func (m *mapping) Close() (err error) {
	m.once.Do(func() { err = unmapFile(m.memory) })
	if err != nil {
		return fmt.Errorf("data: unmap features: %w", err)
	}
	return nil
}
