package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"
)

// A listing is a list of photos that is being read.
type listing struct {
	Opener
	name     string // of the table or list, for errors
	files    []string
	classes  []string       // of each file
	lines    []int          // of each file, in the table or list
	first    map[string]int // of each photo, the place in files
	problems Problems
}

func (o Opener) listing(name string) *listing {
	return &listing{Opener: o, name: name, first: make(map[string]int)}
}

// bad notes what is wrong with a line.
func (l *listing) bad(line int, err error) {
	l.problems.list = append(l.problems.list, &Problem{Place: fmt.Sprintf("%s: line %d", l.name, line), Err: err})
}

// add adds a photo, unless it is there already.
func (l *listing) add(file, class string, line int) {
	if i, ok := l.first[file]; ok {
		if l.classes[i] != class {
			l.bad(line, fmt.Errorf("photo %s: want the class of line %d, %q, got %q", file, l.lines[i], l.classes[i], class))
			return
		}
		if !l.KeepRepeated {
			l.bad(line, fmt.Errorf("photo %s: want it once, it is in line %d", file, l.lines[i]))
			return
		}
	} else {
		l.first[file] = len(l.files)
	}
	l.files = append(l.files, file)
	l.classes = append(l.classes, class)
	l.lines = append(l.lines, line)
}

// set returns what was read.
func (l *listing) set(fsys fs.FS) (*Set, error) {
	l.problems.entries = len(l.files) + len(l.problems.list)
	if l.problems.entries == 0 {
		return nil, fmt.Errorf("data: %s: want at least one photo, got none", l.name)
	}
	if len(l.problems.list) > 0 && (!l.SkipBad || len(l.files) == 0) {
		return nil, &l.problems
	}
	s, err := newSet(fsys, l.files, l.classes)
	if err != nil {
		return nil, fmt.Errorf("data: %s: %w", l.name, err)
	}
	s.Skipped = l.problems.list
	return s, nil
}

// maxList is the size of the largest table or list, in bytes.
const maxList = 1 << 28

// readList reads a table or list. It leaves out a byte order mark and makes the
// line endings of old Macs those of today.
func readList(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxList+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxList {
		return nil, fmt.Errorf("%s: want at most %d bytes, got more", name, maxList)
	}
	return plainText(text), nil
}

func plainText(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !bytes.ContainsRune(text, '\n') {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text
}

// checkText refuses bytes that a list of names can't have.
func checkText(text string) error {
	for i, c := range text {
		if c == 0 {
			return errors.New("want text, got a zero byte")
		}
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return fmt.Errorf("want UTF-8, got byte %#02x", text[i])
			}
		}
	}
	return nil
}
