package data

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"unsafe"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
)

// MapFeatures is [OpenFeatures] of a folder on disk without reading the tables
// into memory: X, or Shards if there are several tables, are views of the files,
// whose pages come and go as the system sees fit, so that features may be larger
// than memory. They are read only and end with Close of the second result. The
// files must not change until then; Save replaces them by others. Like
// OpenFeatures it reads everything once to check it.
func MapFeatures(dir string) (*Features, io.Closer, error) {
	f, m, err := mapFeatures(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("data: map features: %w", err)
	}
	return f, m, nil
}

func mapFeatures(dir string) (_ *Features, _ *mapping, err error) {
	fsys := os.DirFS(dir)
	m, err := readManifest(fsys)
	if err != nil {
		return nil, nil, err
	}
	f, err := m.features(fsys)
	if err != nil {
		return nil, nil, err
	}
	all := &mapping{}
	defer func() {
		if err != nil {
			err = errors.Join(err, all.Close())
		}
	}()
	for _, t := range m.Tables {
		x, err := m.mapTable(filepath.Join(dir, durable.Find(fsys, t.Name, t.SHA256)), t, all)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		f.Shards = append(f.Shards, x)
	}
	if len(f.Shards) == 1 {
		f.X, f.Shards = f.Shards[0], nil
	}
	if err := f.checkAbout(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	return f, all, nil
}

// mapTable maps a shard, which must be just what the manifest announces.
func (m *featuresManifest) mapTable(name string, t savedFile, all *mapping) ([]float32, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	h, err := npy.ReadHeader(io.TeeReader(file, sum))
	if err != nil {
		return nil, err
	}
	if err := m.checkTable(h); err != nil {
		return nil, err
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	n, err := h.Len()
	if err != nil {
		return nil, err
	}
	const size = 4
	switch {
	case info.Size() != start+int64(n)*size:
		return nil, fmt.Errorf("want %d bytes, got %d", start+int64(n)*size, info.Size())
	case start%size != 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1:
		return nil, errors.New("values that are not as this machine's: open the features instead of mapping them")
	}
	// Values are checked in passing: in the mapping they would be in memory all at
	// once.
	values := &finite{width: m.Width}
	if _, err := io.Copy(io.MultiWriter(sum, values), file); err != nil {
		return nil, err
	}
	if err := t.matches(sum.Sum(nil)); err != nil {
		return nil, err
	}
	if values.err != nil {
		return nil, values.err
	}
	memory, err := mapFile(file, info.Size())
	if err != nil {
		return nil, err
	}
	all.memory = append(all.memory, memory)
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[start])), n), nil
}

// finite looks for the first value that is not finite in rows that are written to
// it.
type finite struct {
	width int
	seen  int    // values
	rest  []byte // of the next one
	err   error
}

func (w *finite) Write(b []byte) (int, error) {
	n := len(b)
	if len(w.rest) > 0 {
		b = append(w.rest, b...)
	}
	for ; len(b) >= 4; b = b[4:] {
		v := math.Float32frombits(binary.LittleEndian.Uint32(b))
		if w.err == nil && notFinite([]float32{v}) == 0 {
			w.err = fmt.Errorf("row %d, column %d: want a finite value, got %v", w.seen/w.width, w.seen%w.width, v)
		}
		w.seen++
	}
	w.rest = append(w.rest[:0:0], b...)
	return n, nil
}

// mapping is files in memory.
type mapping struct {
	once   sync.Once
	memory [][]byte
}

// Close lets go of the files. It may be called again.
func (m *mapping) Close() (err error) {
	m.once.Do(func() {
		for _, memory := range m.memory {
			err = errors.Join(err, unmapFile(memory))
		}
	})
	if err != nil {
		return fmt.Errorf("data: unmap features: %w", err)
	}
	return nil
}
