package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cairnml/cairn/internal/zipfile"
)

// format is what a file is, by what is in it and not by its name. Anything but
// one of these describes it.
type format string

const (
	formatNpy   format = "a .npy file"
	formatNpz   format = "a .npz file"
	formatKeras format = "a .keras file"
	formatHDF5  format = "an HDF5 file"
)

func formatOf(f *os.File) (format, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	start := make([]byte, 8)
	n, err := f.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch head := string(start[:n]); {
	case head == "":
		return "an empty file", nil
	case strings.HasPrefix(head, "\x93NUMPY"):
		return formatNpy, nil
	case head == "\x89HDF\r\n\x1a\n":
		return formatHDF5, nil
	case strings.HasPrefix(head, "PK\x03\x04"):
		return zipFormat(f, info.Size())
	default:
		return format(fmt.Sprintf("a file that starts with %q", head)), nil
	}
}

func zipFormat(r io.ReaderAt, size int64) (format, error) {
	archive, err := zipfile.Open(r, size)
	if err != nil {
		return "", fmt.Errorf("damaged or cut off: %w", err)
	}
	found := format("a zip file of something else")
	for _, entry := range archive.File {
		switch {
		case entry.Name == "model.weights.h5":
			return formatKeras, nil
		case strings.HasSuffix(entry.Name, ".npy"):
			found = formatNpz
		}
	}
	return found, nil
}
