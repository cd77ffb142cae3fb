package data

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Opener opens lists of labelled photos. The zero value is right for the usual
// ones. Photos are not decoded, but it is an error if one is missing.
//
// Everything that is wrong with a list comes in one error, [Problems]: missing
// photos, rows that can't be read, ids and classes without a name, photos of two
// classes or listed twice, folders without photos.
type Opener struct {
	// SkipBad leaves out what is wrong with a list, as far as two classes remain.
	// [Set.Skipped] has it.
	SkipBad bool

	// Photos is the folder of the photos of a table or list; "" = that of the table
	// itself, or a folder train in it.
	Photos string
	// ID and Class are the names of a table's columns. Without both they are id and
	// breed, or the first two columns of a table that has neither.
	ID, Class string
	// Comma separates the fields of a table; 0 = the most frequent one of comma,
	// semicolon, tab and bar in its header.
	Comma rune
	// Extensions are those of photos, in lower case with the dot; nil = .jpg, .jpeg,
	// .png, .gif, .bmp, .webp, .tif, .tiff, .ppm and .ico. Those of files may be in
	// any case.
	Extensions []string
	// KeepRepeated lets a photo count as often as it is listed with the same class.
	KeepRepeated bool
}

// OpenCSV opens photos that a table labels, as in Kaggle's dog-breed contest:
// the columns id and breed of the file labels, found by name and separated by
// commas, say that the photo dir/id.jpg is of class breed. The same row twice
// counts twice. Everything else is as in [Opener.Table].
func OpenCSV(fsys fs.FS, labels, dir string) (*Set, error) {
	if dir == "" {
		dir = "."
	}
	o := Opener{Photos: dir, ID: idColumn, Class: breedColumn, Comma: ',', Extensions: []string{".jpg"}, KeepRepeated: true}
	return o.Table(fsys, labels)
}

// OpenFolder is [Opener.Folder] of the zero Opener.
func OpenFolder(fsys fs.FS) (*Set, error) { return Opener{}.Folder(fsys) }

// Open opens what lies under a path of the operating system:
//
//   - a folder with the table labels.csv, or else with one folder a class
//   - a table, .csv or .tsv; a list, .txt
//   - a .zip or .tar file of such a folder, which is not unpacked
//
// A folder that holds but one folder stands for that. Close the set of an archive
// after use.
func (o Opener) Open(name string) (*Set, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if info.IsDir() {
		return o.tree(os.DirFS(name))
	}
	dir, base := os.DirFS(filepath.Dir(name)), filepath.Base(name)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv":
		return o.Table(dir, base)
	case ".txt":
		return o.List(dir, base)
	}
	a, err := OpenArchive(name)
	if err != nil {
		return nil, err
	}
	s, err := o.tree(a)
	if err != nil {
		a.Close()
		return nil, err
	}
	return s, nil
}

// tree opens a folder with a table or with folders.
func (o Opener) tree(fsys fs.FS) (*Set, error) {
	root := "."
	for {
		entries, err := fs.ReadDir(fsys, root)
		if err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
		var folders []string
		for _, e := range entries {
			if e.Name() == "labels.csv" {
				return o.Table(fsys, path.Join(root, e.Name()))
			}
			if !hidden(e.Name()) && isDir(fsys, root, e) {
				folders = append(folders, e.Name())
			}
		}
		if len(folders) != 1 {
			return o.folder(fsys, root)
		}
		root = path.Join(root, folders[0])
	}
}

// extensions are those of the formats that can be decoded.
var extensions = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".ico"}

func (o Opener) extensions() []string {
	if len(o.Extensions) == 0 {
		return extensions
	}
	return o.Extensions
}

// isPhoto says whether a file has the extension of a photo.
func (o Opener) isPhoto(name string) bool {
	return slices.Contains(o.extensions(), strings.ToLower(path.Ext(name)))
}

// hidden are names that begin with a dot, and what macOS adds to archives.
func hidden(name string) bool { return strings.HasPrefix(name, ".") || name == "__MACOSX" }

// isDir follows symbolic links.
func isDir(fsys fs.FS, parent string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := fs.Stat(fsys, path.Join(parent, e.Name()))
	return err == nil && info.IsDir()
}
