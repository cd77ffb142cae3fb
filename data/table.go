package data

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
)

const (
	idColumn    = "id"
	breedColumn = "breed"
)

// Table opens photos that a table labels: a row has the id of a photo and its
// class. The id is the path of the photo within Opener.Photos, with or without
// its extension. Photos keep the order of the rows.
//
// The table is UTF-8 with a header. It may have a byte order mark, any line
// endings, more columns, and fields in double quotes. It is read as text: 007
// stays 007, NA is a name, blanks are part of a name. Blank lines are skipped.
func (o Opener) Table(fsys fs.FS, name string) (*Set, error) {
	text, err := readList(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("data: table of labels: %w", err)
	}
	l := o.listing(name)
	if err := l.readTable(fsys, text); err != nil {
		return nil, fmt.Errorf("data: %s: %w", name, err)
	}
	return l.set(fsys)
}

func (l *listing) readTable(fsys fs.FS, text []byte) error {
	t, err := l.table(text)
	if err != nil {
		return err
	}
	photos, err := l.finder(fsys, l.name)
	if err != nil {
		return err
	}
	if t.guessed {
		if file, err := photos.find(t.header[t.id]); err == nil {
			return fmt.Errorf("line %d: want a header such as id,breed, got a row: %s is a photo", t.line, file)
		}
	}
	for row, err := range t.rows() {
		if errors.Is(err, errOpenQuotes) { // what follows is lost
			return fmt.Errorf("line %d: %w", row.line, err)
		}
		file := ""
		if err == nil {
			file, err = photos.find(row.id)
		}
		if err != nil {
			l.bad(row.line, err)
			continue
		}
		l.add(file, row.class, row.line)
	}
	return nil
}

// A table is one whose header is read.
type table struct {
	reader    *csv.Reader
	header    []string
	line      int // of the header
	id, class int // columns
	guessed   bool
}

// A label is one row of a table.
type label struct {
	id, class string
	line      int
}

func (o Opener) table(text []byte) (*table, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	r.Comma = o.Comma
	if r.Comma == 0 {
		r.Comma = mostFrequentComma(text)
	}
	header, err := r.Read()
	if err == io.EOF {
		return nil, errors.New("the file is empty: want a header with the columns id and breed")
	} else if err != nil {
		return nil, err
	}
	line, _ := r.FieldPos(0)
	t := &table{reader: r, header: header, line: line}
	if err := t.columns(o.ID, o.Class); err != nil {
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	r.ReuseRecord = true
	return t, nil
}

// mostFrequentComma looks at the first line that is not blank.
func mostFrequentComma(text []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	counts := make(map[rune]int)
	quoted := false
	for _, c := range string(line) {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted {
			counts[c]++
		}
	}
	best := ','
	for _, c := range ";\t|" {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// columns finds those of ids and classes in the header.
func (t *table) columns(id, class string) (err error) {
	for _, name := range t.header {
		if err := checkText(name); err != nil {
			return err
		}
	}
	if id == "" && class == "" && !slices.Contains(t.header, idColumn) && !slices.Contains(t.header, breedColumn) {
		if len(t.header) < 2 {
			return fmt.Errorf("want at least two columns, ids and classes, got %q", t.header)
		}
		t.id, t.class, t.guessed = 0, 1, true
		return nil
	}
	if id == "" {
		id = idColumn
	}
	if class == "" {
		class = breedColumn
	}
	if id == class {
		return fmt.Errorf("want two columns for ids and classes, got %q for both", id)
	}
	if t.id, err = t.column(id, id, class); err == nil {
		t.class, err = t.column(class, id, class)
	}
	return err
}

// column is the position of the one column with a name.
func (t *table) column(name, id, class string) (int, error) {
	i := slices.Index(t.header, name)
	if i < 0 {
		return 0, fmt.Errorf("want columns %s and %s, got %q: no column %q", id, class, t.header, name)
	}
	if slices.Contains(t.header[i+1:], name) {
		return 0, fmt.Errorf("want one column %q, got several in %q", name, t.header)
	}
	return i, nil
}

// errOpenQuotes is a field in quotes that goes on over lines and is damaged.
var errOpenQuotes = errors.New("want a field in quotes to end")

// rows yields the rows behind the header. The line of a row is known also where
// there is an error; reading goes on behind it.
func (t *table) rows() iter.Seq2[label, error] {
	return func(yield func(label, error) bool) {
		for {
			record, err := t.reader.Read()
			if err == io.EOF {
				return
			}
			var l label
			if damaged := new(csv.ParseError); errors.As(err, &damaged) {
				l.line, err = damaged.StartLine, damaged.Err
				if damaged.Line > damaged.StartLine {
					err = fmt.Errorf("%w, got line %d: %w", errOpenQuotes, damaged.Line, damaged.Err)
				}
			} else if err == nil {
				l.line, _ = t.reader.FieldPos(0)
				if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
					continue
				}
				l.id, l.class, err = t.row(record)
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

func (t *table) row(record []string) (id, class string, err error) {
	if len(record) != len(t.header) {
		return "", "", fmt.Errorf("want %d fields as in the header, got %d", len(t.header), len(record))
	}
	for _, field := range record {
		if err := checkText(field); err != nil {
			return "", "", err
		}
	}
	id, class = strings.Clone(record[t.id]), strings.Clone(record[t.class])
	if id == "" {
		return "", "", fmt.Errorf("the %s is empty", t.header[t.id])
	}
	return id, class, checkClass(t.header[t.class], class)
}

// checkClass refuses what can't be the name of a class.
func checkClass(what, class string) error {
	if class == "" {
		return fmt.Errorf("the %s is empty", what)
	}
	if strings.ContainsAny(class, "\r\n") {
		return fmt.Errorf("want a %s without line breaks, got %q", what, class)
	}
	return nil
}
