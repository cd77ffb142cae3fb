package tarfs

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// FS is the files of an archive. It is safe for concurrent use, if the archive
// is.
type FS struct {
	archive io.ReaderAt
	entries map[string]*entry // by path; the root is "."
}

// An entry is a file or a folder.
type entry struct {
	info
	offset   int64 // of a file's content in the archive
	refused  error // why a file can't be read
	children []*entry
}

// New indexes an archive of size bytes. Folders that have no entry of their own
// are added. Of two files with the same path the later one counts, as when an
// archive is unpacked; a hard link is the file it points to. Symbolic links,
// sparse files and devices are listed, but are errors to open. Compressed
// archives, paths that leave the archive, and damage are errors.
func New(archive io.ReaderAt, size int64) (*FS, error) {
	section := io.NewSectionReader(archive, 0, size)
	if kind := compressed(section); kind != "" {
		return nil, fmt.Errorf("tar: the archive is compressed with %s: unpack it to a .tar first, photos are read from any place in it", kind)
	}
	f := &FS{archive: archive, entries: map[string]*entry{".": {info: info{name: ".", mode: fs.ModeDir | 0o555}}}}
	r := tar.NewReader(section)
	for n := 1; ; n++ {
		h, err := r.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("tar: entry %d: %w", n, err)
		}
		// The reader stops right behind the headers and reads nothing ahead.
		offset, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, fmt.Errorf("tar: entry %d: %w", n, err)
		}
		if err := f.add(h, offset, size); err != nil {
			return nil, fmt.Errorf("tar: entry %d: %w", n, err)
		}
	}
	f.link()
	return f, nil
}

// compressed names the compression of an archive, if there is one.
func compressed(r io.ReaderAt) string {
	start := make([]byte, 6)
	n, _ := r.ReadAt(start, 0)
	for _, c := range []struct{ name, magic string }{
		{"gzip", "\x1f\x8b"}, {"bzip2", "BZh"}, {"xz", "\xfd7zXZ\x00"}, {"zstd", "\x28\xb5\x2f\xfd"}, {"compress", "\x1f\x9d"},
	} {
		if bytes.HasPrefix(start[:n], []byte(c.magic)) {
			return c.name
		}
	}
	return ""
}

// add puts the entry of a header into the index.
func (f *FS) add(h *tar.Header, offset, size int64) error {
	name, err := clean(h.Name)
	if err != nil {
		return err
	}
	e := &entry{info: info{name: path.Base(name), size: h.Size, time: h.ModTime, mode: 0o444}, offset: offset}
	switch h.Typeflag {
	case tar.TypeDir:
		if old := f.entries[name]; old != nil && !old.IsDir() {
			return fmt.Errorf("%s: want one of a file and a folder, got both", name)
		}
		_, err := f.folder(name)
		return err
	case tar.TypeReg:
		if isSparse(h) {
			e.refused = errors.New("a sparse file, want a plain one")
		} else if h.Size < 0 || h.Size > size-offset {
			return fmt.Errorf("%s: want %d bytes, the archive ends after %d: %w", name, h.Size, size-offset, io.ErrUnexpectedEOF)
		}
	case tar.TypeLink:
		to, err := clean(h.Linkname)
		if err != nil {
			return err
		}
		if old := f.entries[to]; old != nil && !old.IsDir() {
			e.size, e.time, e.offset, e.refused = old.size, old.time, old.offset, old.refused
		} else {
			e.refused = fmt.Errorf("a link to %s, which is no file before it in the archive", to)
		}
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeSymlink:
		e.refused = fmt.Errorf("a symbolic link to %s, want a file", h.Linkname)
	default:
		e.refused = fmt.Errorf("an entry of type %q, want a file", h.Typeflag)
	}
	if old := f.entries[name]; old != nil && old.IsDir() {
		return fmt.Errorf("%s: want one of a file and a folder, got both", name)
	}
	if _, err := f.folder(path.Dir(name)); err != nil {
		return err
	}
	f.entries[name] = e
	return nil
}

// isSparse tells the old form, whose size is not that in the archive, and the
// forms of PAX headers.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// folder adds a folder and those above it.
func (f *FS) folder(name string) (*entry, error) {
	if e := f.entries[name]; e != nil {
		if !e.IsDir() {
			return nil, fmt.Errorf("%s: want one of a file and a folder, got both", name)
		}
		return e, nil
	}
	if strings.Count(name, "/") > maxDepth {
		return nil, fmt.Errorf("%.40s…: want folders at most %d deep", name, maxDepth)
	}
	if _, err := f.folder(path.Dir(name)); err != nil {
		return nil, err
	}
	e := &entry{info: info{name: path.Base(name), mode: fs.ModeDir | 0o555}}
	f.entries[name] = e
	return e, nil
}

// maxDepth bounds the folders that one entry of a hostile archive adds.
const maxDepth = 100

// clean returns a path as [fs.FS] has it. Leading slashes and ./ are left out, as
// unpacking does.
func clean(name string) (string, error) {
	cleaned := path.Clean(strings.TrimLeft(name, "/"))
	if slices.Contains(strings.Split(name, "/"), "..") || !fs.ValidPath(cleaned) || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("want a path within the archive, got %q", name)
	}
	return cleaned, nil
}

// link makes the lists of what is in each folder, sorted by name.
func (f *FS) link() {
	for name, e := range f.entries {
		if name != "." {
			parent := f.entries[path.Dir(name)]
			parent.children = append(parent.children, e)
		}
	}
	for _, e := range f.entries {
		slices.SortFunc(e.children, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	}
}
