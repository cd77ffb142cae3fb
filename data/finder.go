package data

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A photoFinder finds the files of ids, in one listing of each folder.
type photoFinder struct {
	Opener
	fsys    fs.FS
	roots   []string
	folders map[string]*photoFolder // by path
}

// finder looks in Opener.Photos, or else beside the table and in train.
func (o Opener) finder(fsys fs.FS, table string) (*photoFinder, error) {
	p := &photoFinder{Opener: o, fsys: fsys, folders: make(map[string]*photoFolder)}
	dir := o.Photos
	if dir == "" {
		dir = path.Dir(table)
		if train := path.Join(dir, "train"); p.folder(train).err == nil {
			p.roots = append(p.roots, train)
		}
	}
	p.roots = append(p.roots, path.Clean(dir))
	if err := p.folder(path.Clean(dir)).err; err != nil {
		return nil, fmt.Errorf("folder of photos: %w", err)
	}
	return p, nil
}

// find returns the path of the photo with an id.
func (p *photoFinder) find(id string) (string, error) {
	if !fs.ValidPath(id) || strings.ContainsAny(id, "\\\r\n") {
		return "", fmt.Errorf("want a path within the folder of photos, of names with / between, got %q", id)
	}
	for _, root := range p.roots {
		file := path.Join(root, id)
		names, err := p.folder(path.Dir(file)).named(path.Base(file), p.extensions())
		if err != nil {
			return "", fmt.Errorf("photo %s: %w", file, err)
		}
		if len(names) > 1 {
			return "", fmt.Errorf("photo %s: want one file, got %s", file, strings.Join(names, " and "))
		}
		if len(names) == 1 {
			return path.Join(path.Dir(file), names[0]), nil
		}
	}
	return "", fmt.Errorf("photo %s: %w", p.expected(id), fs.ErrNotExist)
}

// expected is the file that was looked for, for people.
func (p *photoFinder) expected(id string) string {
	file := path.Join(p.roots[0], id)
	switch {
	case p.isPhoto(id):
		return file
	case len(p.extensions()) == 1:
		return file + p.extensions()[0]
	}
	return file + ".*"
}

func (p *photoFinder) folder(dir string) *photoFolder {
	f, ok := p.folders[dir]
	if !ok {
		f = listPhotos(p.fsys, dir)
		p.folders[dir] = f
	}
	return f
}

// A photoFolder is the names in a folder.
type photoFolder struct {
	names map[string]struct{}
	lower map[string][]string // names by their name with the extension in lower case; made when asked for
	err   error               // of listing it
}

func listPhotos(fsys fs.FS, dir string) *photoFolder {
	entries, err := fs.ReadDir(fsys, dir)
	f := &photoFolder{names: make(map[string]struct{}, len(entries)), err: err}
	for _, e := range entries {
		if !e.IsDir() {
			f.names[e.Name()] = struct{}{}
		}
	}
	return f
}

// named returns the files whose name is base, or base and one of the extensions.
// Extensions in lower case come before others. A folder that is not there has
// none.
func (f *photoFolder) named(base string, extensions []string) (files []string, err error) {
	if errors.Is(f.err, fs.ErrNotExist) {
		return nil, nil
	} else if f.err != nil {
		return nil, f.err
	}
	if _, ok := f.names[base]; ok && slices.Contains(extensions, strings.ToLower(path.Ext(base))) {
		files = append(files, base)
	}
	for _, x := range extensions {
		if _, ok := f.names[base+x]; ok {
			files = append(files, base+x)
		}
	}
	if len(files) > 0 {
		return files, nil
	}
	if f.lower == nil {
		f.lower = make(map[string][]string)
		for name := range f.names {
			if x := path.Ext(name); x != strings.ToLower(x) {
				key := strings.TrimSuffix(name, x) + strings.ToLower(x)
				f.lower[key] = append(f.lower[key], name)
			}
		}
	}
	for _, x := range extensions {
		files = append(files, f.lower[base+x]...)
	}
	slices.Sort(files)
	return files, nil
}
