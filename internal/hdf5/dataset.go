package hdf5

import (
	"fmt"
	"slices"
)

// Dataset is an array in a file. It can be read by several goroutines if the
// file's io.ReaderAt allows that.
type Dataset struct {
	Path    string // absolute, or as it was asked for
	Shape   []int  // empty for a scalar
	Type    Type
	most    []int   // what Shape can grow to
	file    *reader // only for fresh ones
	layout  layout
	filters []filter
}

// dataset decodes what a header says of a dataset.
func (f *File) dataset(path string, o *object) (*Dataset, error) {
	d := &Dataset{Path: path, file: f.fresh()}
	if err := d.decode(o); err != nil {
		return nil, fmt.Errorf("hdf5: %s: %w", path, err)
	}
	return d, nil
}

func (o *object) isDataset() bool { return o.has(layoutMessage) }

func (d *Dataset) decode(o *object) error {
	if !o.isDataset() {
		return fmt.Errorf("want a dataset, got another object")
	}
	m, err := o.message(dataspaceMessage)
	if err != nil {
		return err
	}
	if d.Shape, d.most, err = parseShape(m); err != nil {
		return err
	}
	if m, err = o.message(datatypeMessage); err != nil {
		return err
	}
	if d.Type, err = parseType(m); err != nil {
		return err
	}
	if m, err = o.message(layoutMessage); err != nil {
		return err
	}
	if d.layout, err = parseLayout(m); err != nil {
		return err
	}
	if o.has(externalFilesMessage) {
		return fmt.Errorf("its values are in another file, which is not opened")
	}
	if !o.has(filtersMessage) {
		return nil
	}
	if m, err = o.message(filtersMessage); err != nil {
		return err
	}
	d.filters, err = parseFilters(m)
	return err
}

// Len is the number of elements.
func (d *Dataset) Len() int {
	n, _ := count(d.Shape)
	return n
}

// Float32s returns the values in C order. Floats of 16 bits and integers of up to
// 24 are exact, others are rounded to the nearest float32. Values that were never
// written are an error.
func (d *Dataset) Float32s() ([]float32, error) {
	values, err := d.read()
	if err != nil {
		return nil, fmt.Errorf("hdf5: %s: %w", d.Path, err)
	}
	return values, nil
}

func (d *Dataset) read() ([]float32, error) {
	convert, err := d.Type.converter()
	if err != nil {
		return nil, err
	}
	if d.Len() == 0 {
		return []float32{}, nil
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	values := make([]float32, d.Len())
	switch d.layout.class {
	case compact:
		convert(values, d.layout.data)
	case contiguous:
		err = d.readContiguous(values, convert)
	default:
		err = d.readChunks(values, convert)
	}
	return values, err
}

// check looks whether the file can have as many bytes as the shape says, before
// there is memory for them.
func (d *Dataset) check() error {
	n := uint64(d.Len() * d.Type.size)
	stored := uint64(d.file.size)
	switch d.layout.class {
	case compact:
		stored = uint64(len(d.layout.data))
	case contiguous:
		if stored = d.layout.bytes; d.layout.addr == undefined {
			return fmt.Errorf("its values were never written")
		}
		if n <= stored && !d.file.within(d.layout.addr, n) {
			return fmt.Errorf("values at offset %d: want %d bytes, the file ends at %d", d.layout.addr, n, d.file.size)
		}
	case chunked:
		if slices.ContainsFunc(d.filters, func(f filter) bool { return f.id == deflateFilter }) {
			stored *= deflateRatio
		}
	}
	if n > stored {
		return fmt.Errorf("want %d bytes for %v %v, there are at most %d", n, d.Type, d.Shape, stored)
	}
	return nil
}

// readContiguous reads values that lie in one piece.
func (d *Dataset) readContiguous(dst []float32, convert func([]float32, []byte)) error {
	const piece = 1 << 16 // bytes, a multiple of every element; stays in the cache
	addr := d.layout.addr
	buf := make([]byte, min(piece, len(dst)*d.Type.size))
	for len(dst) > 0 {
		part := dst[:min(len(dst), piece/d.Type.size)]
		b := buf[:len(part)*d.Type.size]
		if err := readAt(d.file.r, b, addr); err != nil {
			return fmt.Errorf("values at offset %d: %w", addr, err)
		}
		convert(part, b)
		dst, addr = dst[len(part):], addr+uint64(len(b))
	}
	return nil
}
