package data

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Folder opens a folder of photos with one sub-folder per class, whose name is
// the class's. Photos are the files right inside with one of Opener.Extensions;
// other files, and all hidden ones, are ignored.
//
// Within a class the photos are sorted by name. The classes are interleaved
// evenly, so that every part of the set has about the same share of each: the
// last tenth, held out by [Features.Split], can stand for the whole.
//
// It is an error if a class has no photo, or if there are fewer than two classes.
func (o Opener) Folder(fsys fs.FS) (*Set, error) { return o.folder(fsys, ".") }

// folder opens the folder root.
func (o Opener) folder(fsys fs.FS, root string) (*Set, error) {
	entries, err := fs.ReadDir(fsys, root)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	l := o.listing("folders")
	var all []ranked
	for _, e := range entries {
		if hidden(e.Name()) || !isDir(fsys, root, e) {
			continue
		}
		dir := path.Join(root, e.Name())
		files, err := o.photosIn(fsys, dir)
		if err != nil {
			l.problems.list = append(l.problems.list, &Problem{Place: "folder " + dir, Err: err})
			continue
		}
		for i, f := range files {
			all = append(all, ranked{file: f, class: e.Name(), place: 2*i + 1, of: 2 * len(files)})
		}
	}
	if len(all) == 0 && len(l.problems.list) == 0 {
		return nil, fmt.Errorf("data: want one folder of photos per class, got no folder among %d entries", len(entries))
	}
	slices.SortStableFunc(all, ranked.compare)
	for _, r := range all {
		l.files, l.classes = append(l.files, r.file), append(l.classes, r.class)
	}
	return l.set(fsys)
}

// A ranked photo lies at place/of of the way through its class.
type ranked struct {
	file, class string
	place, of   int
}

func (r ranked) compare(s ranked) int {
	return cmp.Or(cmp.Compare(r.place*s.of, s.place*r.of), cmp.Compare(r.class, s.class))
}

// photosIn lists the photos of one folder, sorted by bytes.
func (o Opener) photosIn(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !hidden(e.Name()) && o.isPhoto(e.Name()) && !isDir(fsys, dir, e) {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		kinds := strings.ReplaceAll(strings.Join(o.extensions(), ", "), ".", "")
		return nil, fmt.Errorf("want at least one photo (%s), got none among %d entries", kinds, len(entries))
	}
	slices.Sort(files)
	return files, nil
}
