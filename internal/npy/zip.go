package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"github.com/cairnml/cairn/internal/zipfile"
)

// An entry of a .npz file may have so many bytes: a few times what is in the
// file, since weights hardly compress, and some more for small files.
const (
	maxExpansion   = 4
	expansionSlack = 16 << 20
)

// Zip is an open .npz file, a zip archive of .npy files as numpy.savez and
// numpy.savez_compressed write it. It is safe for concurrent use if its
// io.ReaderAt is.
type Zip struct {
	size    int64
	names   []string
	entries map[string]*zip.File
}

// OpenZip opens a file of size bytes; r must stay open as long as arrays are
// read. Entries other than .npy files are left out; two of one name are an error.
func OpenZip(r io.ReaderAt, size int64) (*Zip, error) {
	archive, err := zipfile.Open(r, size)
	if err != nil {
		return nil, fmt.Errorf("npy: not a .npz file: %w", err)
	}
	z := &Zip{size: size, entries: make(map[string]*zip.File)}
	for _, entry := range archive.File {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		if !ok || name == "" {
			continue
		}
		if z.entries[name] != nil {
			return nil, fmt.Errorf("npy: two arrays of the name %.100q", name)
		}
		z.entries[name] = entry
		z.names = append(z.names, name)
	}
	return z, nil
}

// Names returns the names of the arrays, without .npy, in the file's order.
func (z *Zip) Names() []string { return append([]string(nil), z.names...) }

// Describe reads what the file says of one array.
func (z *Zip) Describe(name string) (Description, error) {
	var d Description
	err := z.open(name, func(r io.Reader, _ int64) (err error) {
		d, err = Describe(r)
		return err
	})
	return d, err
}

// Read reads one array. Memory follows what the entry says its size is, which
// may be 4 times that of the whole file and 16 MB more.
func (z *Zip) Read(name string) (*Array, error) {
	var a *Array
	err := z.open(name, func(r io.Reader, size int64) error {
		if size > maxExpansion*z.size+expansionSlack {
			return fmt.Errorf("npy: %d bytes are too many for a file of %d", size, z.size)
		}
		h, err := ReadHeader(r)
		if err != nil {
			return err
		}
		a, err = readData(r, h, int(size))
		return err
	})
	return a, err
}

// open gives read an entry and its size in bytes.
func (z *Zip) open(name string, read func(r io.Reader, size int64) error) error {
	entry := z.entries[name]
	if entry == nil {
		return fmt.Errorf("npy: no array %.100q in the file", name)
	}
	f, err := entry.Open()
	if err != nil {
		return fmt.Errorf("npy: %s: %w", name, err)
	}
	defer f.Close()
	if err := read(f, int64(entry.UncompressedSize64)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ZipWriter writes a .npz file, uncompressed as numpy.savez does. numpy.load
// reads it.
type ZipWriter struct {
	zip  *zip.Writer
	seen map[string]bool
}

// NewZipWriter begins a file. Close it to complete it.
func NewZipWriter(w io.Writer) *ZipWriter {
	return &ZipWriter{zip: zip.NewWriter(w), seen: make(map[string]bool)}
}

// Write adds an array under a name, such as conv1_conv/kernel.
func (z *ZipWriter) Write(name string, a *Array) error {
	if name == "" || z.seen[name] {
		return fmt.Errorf("npy: want a name that is new in the file, got %q", name)
	}
	z.seen[name] = true
	w, err := z.zip.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		return fmt.Errorf("npy: %s: %w", name, err)
	}
	if err := Write(w, a); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Close writes the end of the file. It does not close the underlying writer.
func (z *ZipWriter) Close() error {
	if err := z.zip.Close(); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}
