package data

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cairnml/cairn/internal/tarfs"
)

// Archive is the files of a .zip or .tar archive, read where they lie. It is safe
// for concurrent use.
type Archive struct {
	fs.FS
	file *os.File
}

// OpenArchive opens a .zip or .tar file, told by its content. Nothing is
// unpacked, and photos may be read in any order, so that compressed tar archives
// are refused. Photos in a zip are best stored without compression.
func OpenArchive(name string) (*Archive, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	fsys, err := openArchive(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("data: %s: %w", name, err)
	}
	return &Archive{FS: fsys, file: file}, nil
}

func openArchive(file *os.File) (fs.FS, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	start := make([]byte, 2)
	if _, err := file.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if string(start) == "PK" {
		return zip.NewReader(file, info.Size())
	}
	return tarfs.New(file, info.Size())
}

// Close closes the archive. Nothing can be read from it any more.
func (a *Archive) Close() error {
	if err := a.file.Close(); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}
