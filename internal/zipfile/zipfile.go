// Package zipfile opens zip archives that may come from anywhere, such as .npz and
// .keras files, with limits on their directory. archive/zip reads a directory of
// any size into six times the memory, and as a file system makes an entry of every
// step of every path.
package zipfile

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
)

// The directory of an archive may have so many bytes, a name so many steps.
// Weights have about 120 bytes of directory a parameter, and paths of two steps.
const (
	maxDirectory = 1 << 20
	maxSteps     = 12
)

// errDirectory is that of a directory which is too large.
var errDirectory = fmt.Errorf("zip: want a directory of at most %d bytes", maxDirectory)

// Open reads the directory of an archive of size bytes; r must stay open as long as
// its files are read.
func Open(r io.ReaderAt, size int64) (*zip.Reader, error) {
	d := &directory{ReaderAt: r, left: maxDirectory + tail}
	archive, err := zip.NewReader(d, size)
	if err != nil {
		return nil, err
	}
	for _, entry := range archive.File {
		if strings.Count(entry.Name, "/") >= maxSteps {
			return nil, fmt.Errorf("zip: %.40q…: want a path of at most %d steps", entry.Name, maxSteps)
		}
	}
	d.open = true
	return archive, nil
}

// tail is what is read to find the directory: the end of the archive twice, and the
// start of its data once, with what a buffer reads ahead.
const tail = 1<<10 + 65<<10 + 1<<16

// directory limits what is read until the archive is open.
type directory struct {
	io.ReaderAt
	left int
	open bool
}

func (d *directory) ReadAt(b []byte, at int64) (int, error) {
	if d.open {
		return d.ReaderAt.ReadAt(b, at)
	}
	if d.left -= len(b); d.left < 0 {
		return 0, errDirectory
	}
	return d.ReaderAt.ReadAt(b, at)
}
