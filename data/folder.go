package data

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// extensions are those by which a file in a class's folder counts as a photo,
// in any case.
var extensions = [...]string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff"}

// OpenFolder opens a folder of photos with one sub-folder per class, whose name
// is the class's. Photos are the files right inside with the extension jpg, jpeg,
// png, gif, bmp, webp, tif or tiff; other files, and all hidden ones, are
// ignored. The photos are not decoded yet.
//
// Within a class the photos are sorted by name. The classes are interleaved
// evenly, so that every part of the set has about the same share of each: the
// last tenth, held out by [Features.Split], can stand for the whole.
//
// It is an error if a class has no photo, or if there are fewer than two classes.
func OpenFolder(fsys fs.FS) (*Set, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	var all []ranked
	for _, e := range entries {
		if hidden(e.Name()) || !isDir(fsys, e) {
			continue
		}
		files, err := photosIn(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		for i, f := range files {
			all = append(all, ranked{file: f, class: e.Name(), place: 2*i + 1, of: 2 * len(files)})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("data: want one folder of photos per class, got no folder among %d entries", len(entries))
	}
	slices.SortStableFunc(all, ranked.compare)
	files, classes := make([]string, len(all)), make([]string, len(all))
	for i, r := range all {
		files[i], classes[i] = r.file, r.class
	}
	s, err := newSet(fsys, files, classes)
	if err != nil {
		return nil, fmt.Errorf("data: folders: %w", err)
	}
	return s, nil
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
func photosIn(fsys fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		extension := strings.ToLower(path.Ext(e.Name()))
		if !hidden(e.Name()) && slices.Contains(extensions[:], extension) && !isDir(fsys, e, dir) {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s: want at least one photo (jpg, jpeg, png, gif, bmp, webp, tif, tiff), got none among %d entries", dir, len(entries))
	}
	slices.Sort(files)
	return files, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// isDir follows symbolic links.
func isDir(fsys fs.FS, e fs.DirEntry, parent ...string) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := fs.Stat(fsys, path.Join(append(parent, e.Name())...))
	return err == nil && info.IsDir()
}
