package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cairnml/cairn/internal/golden"
)

// A csvCase is one table of golden/training/csv with what is to be read from it.
type csvCase struct {
	File          string `json:"file"`
	LibraryShould string `json:"library_should"`
	AsText        struct {
		Rows       [][2]string `json:"rows"`
		ClassNames []string    `json:"class_names"`
		Labels     []int       `json:"labels"`
	} `json:"as_text"`
}

// refused are the cases where the golden page leaves the choice, or demands an
// error, with a part of the message. All others must be read.
var refused = map[string]string{
	"quoted_newline.csv":      "line 2: want a breed without line breaks",
	"quoted_crlf_inside.csv":  "line 2: want a breed without line breaks",
	"duplicate_ids.csv":       `want the class of line 2, "dingo", got "boston_bull"`,
	"missing_names.csv":       "line 8: the breed is empty",
	"empty_breed.csv":         "line 3: the breed is empty",
	"space_before_quote.csv":  "line 2",
	"header_spaces.csv":       `no column "breed"`,
	"header_case.csv":         `no column "id"`,
	"no_header.csv":           `no column "id"`,
	"duplicate_column.csv":    `want one column "breed"`,
	"short_row.csv":           "line 3: want 2 fields",
	"long_row.csv":            "line 3: want 2 fields",
	"trailing_comma_rows.csv": "line 2: want 2 fields",
	"semicolons.csv":          `no column "id"`,
	"tabs.csv":                `no column "id"`,
	"header_only.csv":         "want at least one photo, got none",
	"empty_file.csv":          "the file is empty",
	"latin1_bytes.csv":        "want UTF-8, got byte 0xe9",
	"nul_byte.csv":            "line 2: want text, got a zero byte",
	"unclosed_quote.csv":      "line",
	"quote_inside.csv":        "line 2",
}

// kaggle reads a table up to the first thing that is wrong.
func kaggle(text []byte) (rows []label, err error) {
	t, err := Opener{ID: idColumn, Class: breedColumn, Comma: ','}.table(plainText(text))
	if err != nil {
		return nil, err
	}
	for row, err := range t.rows() {
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", row.line, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func TestLabelsMatchPandas(t *testing.T) {
	folders := []string{filepath.Join("testdata", "csv")}
	if root := golden.Root(t); root != "" {
		folders = append(folders, filepath.Join(root, "training", "csv"))
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		var expected struct {
			Cases []csvCase `json:"cases"`
		}
		if err := json.Unmarshal(text, &expected); err != nil {
			t.Fatal(err)
		}
		for _, c := range expected.Cases {
			t.Run(c.File, func(t *testing.T) { c.test(t, folder) })
		}
		t.Logf("%s: %d tables", folder, len(expected.Cases))
	}
}

func (c csvCase) test(t *testing.T, folder string) {
	text, err := os.ReadFile(filepath.Join(folder, c.File))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := kaggle(text)
	fsys := fstest.MapFS{"labels.csv": {Data: text}, "train/other.jpg": {}}
	var got [][2]string
	for _, r := range rows {
		got = append(got, [2]string{r.id, r.class})
		fsys["train/"+r.id+".jpg"] = &fstest.MapFile{}
	}
	s, openErr := OpenCSV(fsys, "labels.csv", "train")
	if want, ok := refused[c.File]; ok {
		if openErr == nil || !strings.Contains(openErr.Error(), want) {
			t.Errorf("got error %v, want one with %q (%s)", openErr, want, c.LibraryShould)
		}
		return
	}
	if strings.HasPrefix(c.LibraryShould, "clear error") {
		t.Errorf("the golden page demands an error that is not in the table: %s", c.LibraryShould)
	}
	if err != nil {
		t.Fatalf("got %v, want: %s", err, c.LibraryShould)
	}
	if !slices.Equal(got, c.AsText.Rows) {
		t.Fatalf("got rows %q, want %q", got, c.AsText.Rows)
	}
	if len(c.AsText.ClassNames) == 1 {
		if openErr == nil || !strings.Contains(openErr.Error(), "want at least 2 classes") {
			t.Errorf("one class: got error %v", openErr)
		}
		return
	}
	if openErr != nil {
		t.Fatal(openErr)
	}
	if !slices.Equal(s.Classes, c.AsText.ClassNames) {
		t.Errorf("got classes %q, want %q", s.Classes, c.AsText.ClassNames)
	}
	for i, p := range s.Photos {
		if want := (Photo{File: "train/" + c.AsText.Rows[i][0] + ".jpg", Class: c.AsText.Labels[i]}); p != want {
			t.Errorf("row %d: got %v, want %v", i, p, want)
		}
	}
}

func TestOpenCSVErrors(t *testing.T) {
	photos := fstest.MapFS{"train/a.jpg": {}, "train/b.jpg": {}}
	for _, tt := range []struct {
		name, labels, want string
		is                 error
	}{
		{"no table", "", "data: table of labels: open labels.csv: ", fs.ErrNotExist},
		{"missing photo", "id,breed\na,x\nc,y\n", "data: labels.csv: line 3: photo train/c.jpg: file does not exist", fs.ErrNotExist},
		{"missing photos", "id,breed\na,x\n1,y\n\n2,y\n", "data: 2 of 3 entries can't be used:\n  labels.csv: line 3: photo train/1.jpg: file does not exist\n  labels.csv: line 5: photo train/2.jpg: ", fs.ErrNotExist},
		{"one class", "id,breed\na,x\nb,x\n", `data: labels.csv: want at least 2 classes, got only ["x"]`, nil},
		{"separator", "id,breed\na,x\nb/../../c,y\n", `data: labels.csv: line 3: want a path within the folder of photos, of names with / between, got "b/../../c"`, nil},
		{"backslash", "id,breed\na,x\n" + `b\c,y`, `line 3: want a path within the folder of photos, of names with / between, got "b\\c"`, nil},
		{"parent", "id,breed\n..,x\n", "line 2: want a path", nil},
		{"empty id", "id,breed\n,x\n", "line 2: the id is empty", nil},
		{"late header", "\n\nid,race\na,x\n", `data: labels.csv: line 3: want columns id and breed, got ["id" "race"]`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for name, file := range photos {
				fsys[name] = file
			}
			if tt.labels != "" {
				fsys["labels.csv"] = &fstest.MapFile{Data: []byte(tt.labels)}
			}
			_, err := OpenCSV(fsys, "labels.csv", "train")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got error %v, want it to be %v", err, tt.is)
			}
		})
	}
	table := fstest.MapFS{"labels.csv": {Data: []byte("id,breed\na,x\nb,y\n")}}
	if _, err := OpenCSV(table, "labels.csv", "train"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "train") {
		t.Errorf("no folder: got error %v", err)
	}
}

func TestOpenCSVBesideTable(t *testing.T) {
	fsys := fstest.MapFS{"labels.csv": {Data: []byte("id,breed\na,x\nb,y\n")}, "a.jpg": {}, "b.jpg": {}}
	for _, dir := range []string{"", "."} {
		s, err := OpenCSV(fsys, "labels.csv", dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(s.Photos); got != "[{a.jpg 0} {b.jpg 1}]" {
			t.Errorf("folder %q: got %s", dir, got)
		}
	}
}

func FuzzTable(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "csv", "*.csv"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no tables in testdata: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, true)
	}
	f.Add([]byte("file;class\na.jpg;x\nb;y\nc\n;z\n"), false)
	f.Add([]byte("a.jpg,x\nb.jpg,y\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, skip bool) {
		checkOpened(t, fstest.MapFS{"labels.csv": {Data: text}}, func(fsys fs.FS) (*Set, error) {
			return Opener{SkipBad: skip}.Table(fsys, "labels.csv")
		})
	})
}

// checkOpened opens a list beside the photos a.jpg, b.png and train/c.JPG and
// checks what must hold of any set and any error.
func checkOpened(t *testing.T, fsys fstest.MapFS, open func(fs.FS) (*Set, error)) {
	t.Helper()
	for _, photo := range []string{"a.jpg", "b.png", "train/c.JPG"} {
		fsys[photo] = &fstest.MapFile{}
	}
	s, err := open(fsys)
	if err != nil {
		if s != nil || !strings.HasPrefix(err.Error(), "data: ") {
			t.Fatalf("got %v beside the error %v", s, err)
		}
		if all := new(Problems); errors.As(err, &all) && (all.Len() == 0 || all.Len() > all.entries) {
			t.Fatalf("got %d problems of %d", all.Len(), all.entries)
		}
		return
	}
	if !slices.IsSorted(s.Classes) || len(slices.Compact(slices.Clone(s.Classes))) != len(s.Classes) || len(s.Classes) < 2 {
		t.Fatalf("got classes %q", s.Classes)
	}
	seen := make(map[string]bool)
	for _, p := range s.Photos {
		if _, err := fs.Stat(fsys, p.File); err != nil || seen[p.File] || p.Class < 0 || p.Class >= len(s.Classes) {
			t.Fatalf("got photo %v: %v", p, err)
		}
		seen[p.File] = true
	}
	for _, c := range s.Classes {
		if checkClass("class", c) != nil {
			t.Fatalf("got class %q", c)
		}
	}
}
