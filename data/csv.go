package data

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	idColumn    = "id"
	breedColumn = "breed"
)

// OpenCSV opens photos that a table labels, as in Kaggle's dog-breed contest:
// the columns id and breed of the file labels, found by name, say that the photo
// dir/id.jpg is of class breed. Photos keep the order of the rows. They are not
// decoded yet, but it is an error if one is missing.
//
// The table is UTF-8 with commas and a header, read as text: 007 stays 007, NA
// is a name, blanks are part of a name. Blank lines are skipped. A row with
// another number of fields than the header, an empty field, and a photo with two
// labels are errors that name the line; the same row twice counts twice.
func OpenCSV(fsys fs.FS, labels, dir string) (*Set, error) {
	text, err := fs.ReadFile(fsys, labels)
	if err != nil {
		return nil, fmt.Errorf("data: table of labels: %w", err)
	}
	rows, err := readLabels(text)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", labels, err)
	}
	if err := checkPhotos(fsys, dir, rows); err != nil {
		return nil, fmt.Errorf("data: %s: %w", labels, err)
	}
	files, breeds := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		files[i], breeds[i] = path.Join(dir, r.file()), r.breed
	}
	s, err := newSet(fsys, files, breeds)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", labels, err)
	}
	return s, nil
}

// A label is one row of the table.
type label struct {
	id, breed string
	line      int
}

func (l label) file() string { return l.id + ".jpg" }

// readLabels reads the table in full or returns an error that names the line.
func readLabels(text []byte) ([]label, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !bytes.ContainsRune(text, '\n') {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n")) // the line ending of old Macs
	}
	if err := checkText(text); err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true

	header, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("the file is empty: want a header with the columns id and breed")
	} else if err != nil {
		return nil, err
	}
	columns := len(header)
	line, _ := r.FieldPos(0)
	id, err := column(header, idColumn)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	breed, err := column(header, breedColumn)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", line, err)
	}

	var rows []label
	first := make(map[string]label) // by id
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue
		}
		if len(record) != columns {
			return nil, fmt.Errorf("line %d: want %d fields as in the header, got %d", line, columns, len(record))
		}
		l := label{id: strings.Clone(record[id]), breed: strings.Clone(record[breed]), line: line}
		if err := l.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if before, ok := first[l.id]; !ok {
			first[l.id] = l
		} else if before.breed != l.breed {
			return nil, fmt.Errorf("line %d: id %q: want the breed of line %d, %q, got %q", line, l.id, before.line, before.breed, l.breed)
		}
		rows = append(rows, l)
	}
	if len(rows) == 0 {
		return nil, errors.New("want at least one row after the header, got none")
	}
	return rows, nil
}

// checkText refuses bytes that a table of names cannot have.
func checkText(text []byte) error {
	line := 1
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return fmt.Errorf("line %d: want UTF-8, got byte %#02x", line, text[i])
		case c == 0:
			return fmt.Errorf("line %d: want text, got a zero byte", line)
		case c == '\n':
			line++
		}
		i += size
	}
	return nil
}

// column is the position of the one column with a name.
func column(header []string, name string) (int, error) {
	i := slices.Index(header, name)
	if i < 0 {
		return 0, fmt.Errorf("want columns id and breed, got %q: no column %q", header, name)
	}
	if slices.Contains(header[i+1:], name) {
		return 0, fmt.Errorf("want one column %q, got several in %q", name, header)
	}
	return i, nil
}

func (l label) check() error {
	switch {
	case l.id == "":
		return errors.New("the id is empty")
	case l.breed == "":
		return errors.New("the breed is empty")
	case strings.ContainsAny(l.id, "\r\n"), strings.ContainsAny(l.breed, "\r\n"):
		return fmt.Errorf("want an id and a breed without line breaks, got %q, %q", l.id, l.breed)
	case strings.ContainsAny(l.id, `/\`), l.id == ".", l.id == "..":
		return fmt.Errorf("want an id that is a file's name without its extension, got %q", l.id)
	}
	return nil
}

// checkPhotos looks for the photos of all rows in one listing of their folder.
func checkPhotos(fsys fs.FS, dir string, rows []label) error {
	if dir == "" {
		dir = "."
	}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return fmt.Errorf("folder of photos: %w", err)
	}
	present := make(map[string]bool, len(entries))
	for _, e := range entries {
		present[e.Name()] = true
	}
	const named = 3
	var some []string
	missing := 0
	for _, r := range rows {
		if present[r.file()] {
			continue
		}
		if missing++; missing <= named {
			some = append(some, fmt.Sprintf("%s (line %d)", path.Join(dir, r.file()), r.line))
		}
	}
	if missing == 0 {
		return nil
	}
	if missing > named {
		some = append(some, "…")
	}
	return fmt.Errorf("%d of %d photos are missing: %s: %w", missing, len(rows), strings.Join(some, ", "), fs.ErrNotExist)
}
