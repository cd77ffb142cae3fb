package tarfs

import (
	"errors"
	"io"
	"io/fs"
	"time"
)

// Open implements [fs.FS]. A file can be read, sought and read at any place.
func (f *FS) Open(name string) (fs.File, error) {
	e, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if e.IsDir() {
		return &folder{entry: e}, nil
	}
	if e.refused != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: e.refused}
	}
	return &file{io.NewSectionReader(f.archive, e.offset, e.size), e}, nil
}

// Stat implements [fs.StatFS].
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	e, err := f.find("stat", name)
	if err != nil {
		return nil, err
	}
	return e.info, nil
}

func (f *FS) find(op, name string) (*entry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	e := f.entries[name]
	if e == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return e, nil
}

// info is what is known of a file or folder without reading it. It implements
// [fs.FileInfo] and [fs.DirEntry].
type info struct {
	name string
	size int64
	time time.Time
	mode fs.FileMode
}

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) ModTime() time.Time         { return i.time }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

// file is an open file. Closing it frees nothing.
type file struct {
	*io.SectionReader
	entry *entry
}

func (f *file) Stat() (fs.FileInfo, error) { return f.entry.info, nil }
func (f *file) Close() error               { return nil }

// folder is an open folder, of which read entries were handed out.
type folder struct {
	entry *entry
	read  int
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.entry.info, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.entry.name, Err: errors.New("is a folder")}
}

// ReadDir implements [fs.ReadDirFile].
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.entry.children[d.read:]
	if n > 0 && len(rest) == 0 {
		return nil, io.EOF
	}
	if n > 0 && n < len(rest) {
		rest = rest[:n]
	}
	d.read += len(rest)
	list := make([]fs.DirEntry, len(rest))
	for i, e := range rest {
		list[i] = e.info
	}
	return list, nil
}
