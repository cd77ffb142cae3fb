package data

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// List opens photos that a text file lists: a path in each line, within
// Opener.Photos, and behind it a tab and the class. Without these the class is
// the name of the folder that the photo lies in. Blank lines are skipped, ./ in
// front of a path is left out, so that find . -name '*.jpg' writes such lists.
// The text is that of [Opener.Table] otherwise. Photos keep their order.
func (o Opener) List(fsys fs.FS, name string) (*Set, error) {
	text, err := readList(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("data: list of photos: %w", err)
	}
	photos, err := o.finder(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", name, err)
	}
	l := o.listing(name)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		file, class, err := photos.listed(line)
		if err != nil {
			l.bad(number, err)
			continue
		}
		l.add(file, class, number)
	}
	return l.set(fsys)
}

// listed reads a line of a list.
func (p *photoFinder) listed(line string) (file, class string, err error) {
	if err := checkText(line); err != nil {
		return "", "", err
	}
	id, class, hasClass := strings.Cut(line, "\t")
	for strings.HasPrefix(id, "./") {
		id = strings.TrimPrefix(id, "./")
	}
	if file, err = p.find(id); err != nil {
		return "", "", err
	}
	if !hasClass {
		class = path.Base(path.Dir(file))
		if class == "." {
			return "", "", fmt.Errorf("photo %s: want a class behind a tab, or a folder of that name around the photo", file)
		}
	}
	return file, strings.Clone(class), checkClass("class", class)
}
