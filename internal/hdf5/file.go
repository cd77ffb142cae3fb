package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// File is an open file. It is for one goroutine; a [Dataset] found in it can be
// read by several.
type File struct {
	reader
	root    uint64             // address of the root group's header
	objects map[uint64]*object // by address of their header
	heaps   map[uint64]map[int]string
}

// ErrNotHDF5 is the cause when a file is something else altogether.
var ErrNotHDF5 = errors.New("not an HDF5 file")

const signature = "\x89HDF\r\n\x1a\n"

// Open reads the superblock (section II) of a file of size bytes, which r must
// go on to serve.
func Open(r io.ReaderAt, size int64) (*File, error) { return open(r, size, false) }

func open(r io.ReaderAt, size int64, unchecked bool) (*File, error) {
	f := &File{reader: newReader(r, size), objects: map[uint64]*object{}, heaps: map[uint64]map[int]string{}}
	f.unchecked = unchecked
	if err := f.superblock(); err != nil {
		return nil, fmt.Errorf("hdf5: %w", err)
	}
	return f, nil
}

func (f *File) superblock() error {
	const most = 100 // version 1 is the longest
	v, err := f.read("superblock", 0, uint64(min(most, max(0, f.size))))
	if err != nil {
		return err
	}
	if got := v.b[:min(len(v.b), len(signature))]; !bytes.Equal(got, []byte(signature)) {
		return fmt.Errorf("%w: the first bytes are %q", ErrNotHDF5, got)
	}
	v.skip(len(signature))
	var base, end uint64
	version := v.u8()
	switch {
	case version == 0 || version == 1:
		v.skip(4) // other versions, reserved
		f.sizes(v)
		v.skip(1 + 2 + 2 + 4) // reserved, sizes of nodes, flags
		if version == 1 {
			v.skip(4)
		}
		base = v.u64()
		v.skip(8) // free space
		end = v.u64()
		v.skip(8 + 8) // driver information, name of the root
		f.root = v.u64()
	case version == 2 || version == 3:
		f.sizes(v)
		v.skip(1) // flags
		base = v.u64()
		v.skip(8) // extension
		end = v.u64()
		f.root = v.u64()
		v.b = v.b[:min(len(v.b), v.pos+4)]
		v.sum()
	default:
		v.fail("want version 0 to 3, got %d", version)
	}
	if v.err == nil && base != 0 {
		v.fail("want base address 0, got %d", base)
	}
	if v.err == nil && end > uint64(f.size) {
		v.fail("truncated: the file should have %d bytes and has %d", end, f.size)
	}
	return v.err
}

// sizes checks the sizes of offsets and lengths.
func (f *File) sizes(v *view) {
	if offsets, lengths := v.u8(), v.u8(); v.err == nil && (offsets != 8 || lengths != 8) {
		v.fail("want offsets and lengths of 8 bytes, got %d and %d", offsets, lengths)
	}
}

// Root returns the group that everything is in.
func (f *File) Root() (*Group, error) { return f.group("/", f.root) }
