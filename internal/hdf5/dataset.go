package hdf5

import "fmt"

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

// ReadFloat32 fills dst, which must have Len elements, with the values in C
// order. Floats of 16 bits and integers of up to 24 are exact, others are
// rounded to the nearest float32. Values that were never written are an error.
func (d *Dataset) ReadFloat32(dst []float32) error {
	if err := d.read(dst); err != nil {
		return fmt.Errorf("hdf5: %s: %w", d.Path, err)
	}
	return nil
}

func (d *Dataset) read(dst []float32) error {
	convert, err := d.Type.converter()
	if err != nil {
		return err
	}
	if len(dst) != d.Len() {
		return fmt.Errorf("want a slice of %d elements for shape %v, got %d", d.Len(), d.Shape, len(dst))
	}
	if len(dst) == 0 {
		return nil
	}
	switch d.layout.class {
	case compact:
		n := len(dst) * d.Type.size
		if len(d.layout.data) < n {
			return fmt.Errorf("want %d bytes for %v %v, got %d", n, d.Type, d.Shape, len(d.layout.data))
		}
		convert(dst, d.layout.data)
		return nil
	case contiguous:
		return d.readContiguous(dst, convert)
	}
	return d.readChunks(dst, convert)
}

// readContiguous reads values that lie in one piece.
func (d *Dataset) readContiguous(dst []float32, convert func([]float32, []byte)) error {
	n := len(dst) * d.Type.size
	addr := d.layout.addr
	switch r := d.file; {
	case addr == undefined:
		return fmt.Errorf("its values were never written")
	case uint64(n) > d.layout.bytes:
		return fmt.Errorf("want %d bytes for %v %v, got %d", n, d.Type, d.Shape, d.layout.bytes)
	case !r.within(addr, uint64(n)):
		return fmt.Errorf("values at offset %d: want %d bytes, the file ends at %d", addr, n, d.file.size)
	}
	const piece = 1 << 16 // bytes, a multiple of every element; stays in the cache
	buf := make([]byte, min(piece, n))
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
