package data

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// described is a set's photos with the names of their classes.
func described(s *Set) string {
	var list []string
	for _, p := range s.Photos {
		list = append(list, p.File+" "+s.Classes[p.Class])
	}
	return strings.Join(list, ", ")
}

func TestTable(t *testing.T) {
	photos := []string{"1.jpg", "2.PNG", "3.jpg", "3.png", "4.v2.webp", "train/5.jpg", "train/6.jpeg", "sub/7.jpg", "8.txt", "9.JPG"}
	for _, tt := range []struct {
		name, table string
		o           Opener
		want        string // photos, or a part of the error
	}{
		{"semicolons", "id;breed\n1;x\n2;y, z\n", Opener{}, "1.jpg x, 2.PNG y, z"},
		{"tabs", "breed\tid\nx\t1\ny\t4.v2\n", Opener{}, "1.jpg x, 4.v2.webp y"},
		{"bars", "id|breed\n1|x\n2|y\n", Opener{}, "1.jpg x, 2.PNG y"},
		{"comma in a quoted header", "\"file,s\";\"breed,s\"\n1;x\n2;y\n", Opener{}, "1.jpg x, 2.PNG y"},
		{"comma given", "id;x,breed\n1,x\n", Opener{Comma: ',', ID: "id;x"}, "want at least 2 classes"},
		{"comma not given", "id;x,breed,z\n1,x,\n2,y,\n", Opener{ID: "id;x"}, "1.jpg x, 2.PNG y"},
		{"first two columns", "file,label,split\n1.jpg,x,fit\n2,y,test\n", Opener{}, "1.jpg x, 2.PNG y"},
		{"columns by name", "split,label,file\nfit,x,1.jpg\nfit,y,2.PNG\n", Opener{ID: "file", Class: "label"}, "1.jpg x, 2.PNG y"},
		{"one column by name", "id,label\n1,x\n2,y\n", Opener{Class: "label"}, "1.jpg x, 2.PNG y"},
		{"the same column", "id,label\n1,x\n2,y\n", Opener{Class: "id"}, `line 1: want two columns for ids and classes, got "id" for both`},
		{"one known column", "id,label\n1,x\n2,y\n", Opener{}, `line 1: want columns id and breed, got ["id" "label"]: no column "breed"`},
		{"one column", "file\n1\n", Opener{}, "line 1: want at least two columns"},
		{"no header", "1,x\n2,y\n", Opener{}, "line 1: want a header such as id,breed, got a row: 1.jpg is a photo"},
		{"in train or beside", "id,breed\n5,x\n6.jpeg,x\n1,y\n", Opener{}, "train/5.jpg x, train/6.jpeg x, 1.jpg y"},
		{"in a sub-folder", "id,breed\nsub/7,x\ntrain/5.jpg,y\n", Opener{}, "sub/7.jpg x, train/5.jpg y"},
		{"in a folder given", "id,breed\n7,x\n7.jpg,x\n", Opener{Photos: "sub"}, "photo sub/7.jpg: want it once, it is in line 2"},
		{"no folder", "id,breed\n7,x\n", Opener{Photos: "nowhere"}, "folder of photos: open nowhere: file does not exist"},
		{"two files", "id,breed\n3,x\n1,y\n", Opener{}, "line 2: photo 3: want one file, got 3.jpg and 3.png"},
		{"an extension tells", "id,breed\n3.png,x\n1,y\n", Opener{}, "3.png x, 1.jpg y"},
		{"an option tells", "id,breed\n3,x\n1,y\n9,x\n", Opener{Extensions: []string{".jpg"}}, "3.jpg x, 1.jpg y, 9.JPG x"},
		{"no photo", "id,breed\n8.txt,x\n1,y\n", Opener{}, "line 2: photo train/8.txt.*: file does not exist"},
		{"missing with extension", "id,breed\n99.jpg,x\n1,y\n", Opener{Photos: "."}, "line 2: photo 99.jpg: file does not exist"},
		{"repeated", "id,breed\n1,x\n2,y\n1,x\n", Opener{}, "line 4: photo 1.jpg: want it once, it is in line 2"},
		{"repeated and kept", "id,breed\n1,x\n2,y\n1,x\n", Opener{KeepRepeated: true}, "1.jpg x, 2.PNG y, 1.jpg x"},
		{"two classes", "id,breed\n1,x\n2,y\n1,y\n", Opener{KeepRepeated: true}, `line 4: photo 1.jpg: want the class of line 2, "x", got "y"`},
		{"open quotes", "id,breed\n1,x\n2,\"y\n3,z\n", Opener{SkipBad: true}, "line 3: want a field in quotes to end, got line 4"},
		{"nothing good", "id,breed\n98,x\n99,x\n", Opener{SkipBad: true}, "2 of 2 entries can't be used"},
		{"one class left", "id,breed\n1,x\n99,y\n", Opener{SkipBad: true}, `want at least 2 classes, got only ["x"]`},
		{"header that is no text", "id,breed,\xff\n1,x,\n", Opener{}, "line 1: want UTF-8, got byte 0xff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fsys := folders(photos...)
			fsys["labels.csv"] = &fstest.MapFile{Data: []byte(tt.table)}
			s, err := tt.o.Table(fsys, "labels.csv")
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got error %v, want %s", err, tt.want)
				}
			} else if got := described(s); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	var table strings.Builder
	table.WriteString("id,breed\n1,x\n2,y\n")
	for i := range 30 {
		fmt.Fprintf(&table, "m%d,x\n", i)
	}
	table.WriteString("1,y\nlast\n,x\n2,\nb\"ad,x\n\xff,x\n3,z\n")
	fsys := folders("1.jpg", "2.jpg", "3.jpg")
	fsys["l.csv"] = &fstest.MapFile{Data: []byte(table.String())}
	_, err := Opener{}.Table(fsys, "l.csv")
	var all *Problems
	if !errors.As(err, &all) || !errors.Is(err, fs.ErrNotExist) || all.Len() != 36 {
		t.Fatalf("got %v", err)
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 22 || lines[0] != "data: 36 of 39 entries can't be used:" ||
		lines[20] != "  l.csv: line 23: photo m19.*: file does not exist" || lines[21] != "  and 16 more" {
		t.Errorf("got %s", err)
	}
	var tail []string
	for p := range all.All() {
		tail = append(tail, p.Error())
	}
	if want := []string{
		`l.csv: line 34: photo 1.jpg: want the class of line 2, "x", got "y"`,
		"l.csv: line 35: want 2 fields as in the header, got 1",
		"l.csv: line 36: the id is empty",
		"l.csv: line 37: the breed is empty",
		`l.csv: line 38: bare " in non-quoted-field`,
		"l.csv: line 39: want UTF-8, got byte 0xff",
	}; !slices.Equal(tail[30:], want) {
		t.Errorf("got %q, want %q", tail[30:], want)
	}
	s, err := Opener{SkipBad: true}.Table(fsys, "l.csv")
	if err != nil || described(s) != "1.jpg x, 2.jpg y, 3.jpg z" || len(s.Skipped) != 36 || s.Skipped[31].Place != "l.csv: line 35" {
		t.Errorf("skipping: got %v, %v", s, err)
	}
	s, err = Opener{SkipBad: true}.Folder(folders("a/1.jpg", "b/2.jpg", "c/3.txt"))
	if err != nil || described(s) != "a/1.jpg a, b/2.jpg b" || len(s.Skipped) != 1 || !strings.HasPrefix(s.Skipped[0].Error(), "folder c: want at least one photo") {
		t.Errorf("skipping a folder: got %v, %v", s, err)
	}
}

func TestList(t *testing.T) {
	for _, tt := range []struct {
		name, list string
		o          Opener
		want       string
	}{
		{"classes by folder", "./b/1.jpg\nb/2.jpg\n\na/1.jpg\n", Opener{}, "b/1.jpg b, b/2.jpg b, a/1.jpg a"},
		{"classes behind tabs", "\ufeffb/1.jpg\tx y\r\n0.jpg\tz\r\n", Opener{}, "b/1.jpg x y, 0.jpg z"},
		{"within a folder", "1.jpg\n2.jpg\tother\n", Opener{Photos: "b"}, "b/1.jpg b, b/2.jpg other"},
		{"no class", "0.jpg\nb/1.jpg\n", Opener{}, "line 1: photo 0.jpg: want a class behind a tab"},
		{"empty class", "0.jpg\t\nb/1.jpg\n", Opener{}, "line 1: the class is empty"},
		{"absolute", "/b/1.jpg\n", Opener{}, "line 1: want a path within the folder of photos"},
		{"outside", "b/1.jpg\n../b/2.jpg\na/1.jpg\n", Opener{SkipBad: true}, "b/1.jpg b, a/1.jpg a"},
		{"missing", "b/9.jpg\na/1.jpg\n", Opener{}, "data: l.txt: line 1: photo b/9.jpg: file does not exist"},
		{"twice", "b/1.jpg\na/1.jpg\nb/1.jpg\n", Opener{}, "line 3: photo b/1.jpg: want it once, it is in line 1"},
		{"nothing", "\n\n", Opener{}, "data: l.txt: want at least one photo, got none"},
		{"no text", "b/1.jpg\n\x00\n", Opener{}, "line 2: want text, got a zero byte"},
	} {
		fsys := folders("0.jpg", "a/1.jpg", "b/1.jpg", "b/2.jpg")
		fsys["l.txt"] = &fstest.MapFile{Data: []byte(tt.list)}
		s, err := tt.o.List(fsys, "l.txt")
		if err != nil {
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
			}
		} else if got := described(s); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if _, err := (Opener{}).List(folders(), "l.txt"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no list: got %v", err)
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte("a.jpg\tx\nb.png\ty\n"), false)
	f.Add([]byte("\ufeff./train/c.JPG\r\na\tx\r\n"), true)
	f.Add([]byte("/a.jpg\n../b\n\x00\n\xff\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, skip bool) {
		checkOpened(t, fstest.MapFS{"l.txt": {Data: text}}, func(fsys fs.FS) (*Set, error) {
			return Opener{SkipBad: skip}.List(fsys, "l.txt")
		})
	})
}

// dogs are the files of a small set in Kaggle's form, as they lie in archives.
var dogs = map[string]string{
	"dogs/labels.csv": "id,breed\n1,x\n2,y\n", "dogs/train/1.jpg": "one", "dogs/train/2.jpg": "two",
	"__MACOSX/dogs/._labels.csv": "what macOS adds", ".DS_Store": "and this",
}

func writeTar(t *testing.T, w io.Writer) {
	t.Helper()
	a := tar.NewWriter(w)
	for name, content := range dogs {
		if err := a.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(a, content)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	create := func(name string, write func(w io.Writer)) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write(f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range dogs {
		create("folder/"+name, func(w io.Writer) { io.WriteString(w, content) })
	}
	create("dogs.zip", func(w io.Writer) {
		a := zip.NewWriter(w)
		for name, content := range dogs {
			f, err := a.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(f, content)
		}
		a.Close()
	})
	create("dogs.tar", func(w io.Writer) { writeTar(t, w) })
	create("dogs.tar.gz", func(w io.Writer) {
		z := gzip.NewWriter(w)
		writeTar(t, z)
		z.Close()
	})
	create("folder/dogs/list.txt", func(w io.Writer) { io.WriteString(w, "train/1.jpg\tx\ntrain/2.jpg\ty\n") })
	create("notes.md", func(w io.Writer) { io.WriteString(w, "nothing to open") })

	for name, want := range map[string]string{
		"folder":                 "dogs/train/1.jpg x, dogs/train/2.jpg y",
		"folder/dogs":            "train/1.jpg x, train/2.jpg y",
		"folder/dogs/labels.csv": "train/1.jpg x, train/2.jpg y",
		"folder/dogs/list.txt":   "train/1.jpg x, train/2.jpg y",
		"dogs.zip":               "dogs/train/1.jpg x, dogs/train/2.jpg y",
		"dogs.tar":               "dogs/train/1.jpg x, dogs/train/2.jpg y",
	} {
		s, err := Opener{}.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || described(s) != want {
			t.Errorf("%s: got %v, %v, want %s", name, s, err, want)
			continue
		}
		for i, content := range []string{"one", "two"} {
			if got, err := s.Read(t.Context(), s.Photos[i]); string(got) != content || err != nil {
				t.Errorf("%s: photo %d: got %q, %v", name, i, got, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Read(t.Context(), s.Photos[0]); (err != nil) != strings.HasPrefix(name, "dogs.") {
			t.Errorf("%s: reading after Close: got %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"dogs.tar.gz":      "compressed with gzip: unpack it to a .tar first",
		"notes.md":         "tar: entry 1: ",
		"folder/.DS_Store": "tar: entry 1: ",
	} {
		if _, err := (Opener{}).Open(filepath.Join(dir, filepath.FromSlash(name))); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(name)) {
			t.Errorf("%s: got error %v, want one with %q", name, err, want)
		}
	}
	if _, err := (Opener{}).Open(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nowhere: got error %v", err)
	}
}
