package tarfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// archive writes entries of files with their names as content, folders where the
// name ends in a slash, or as given.
func archive(t testing.TB, format tar.Format, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h, ok := e.(*tar.Header)
		if !ok {
			name := e.(string)
			h = &tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(name)), Mode: 0o600}
			if strings.HasSuffix(name, "/") {
				h.Typeflag, h.Size = tar.TypeDir, 0
			}
		}
		h.Format = format
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, h.Name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func index(data []byte) (*FS, error) { return New(bytes.NewReader(data), int64(len(data))) }

func TestFS(t *testing.T) {
	long := "deep/" + strings.Repeat("n", 150) + ".jpg"
	for _, format := range []tar.Format{tar.FormatPAX, tar.FormatGNU} {
		f, err := index(archive(t, format, "a/", "a/1.jpg", "./b/2.jpg", "/c/d/3.jpg", long, "a/é.jpg", "empty/"))
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(f, "a/1.jpg", "b/2.jpg", "c/d/3.jpg", long, "a/é.jpg", "empty"); err != nil {
			t.Error(err)
		}
		for file, want := range map[string]string{"a/1.jpg": "a/1.jpg", "b/2.jpg": "./b/2.jpg", "c/d/3.jpg": "/c/d/3.jpg", long: long} {
			if got, err := fs.ReadFile(f, file); string(got) != want || err != nil {
				t.Errorf("%s: got %q, %v", file, got, err)
			}
		}
	}
}

func TestLinksAndRepeatedNames(t *testing.T) {
	f, err := index(archive(t, tar.FormatPAX, "1.jpg", "1.jpg",
		&tar.Header{Name: "2.jpg", Typeflag: tar.TypeLink, Linkname: "1.jpg"},
		&tar.Header{Name: "3.jpg", Typeflag: tar.TypeLink, Linkname: "4.jpg"},
		&tar.Header{Name: "5.jpg", Typeflag: tar.TypeSymlink, Linkname: "1.jpg"},
		&tar.Header{Name: "6.jpg", Typeflag: tar.TypeFifo},
	))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(f, "2.jpg"); string(got) != "1.jpg" || err != nil {
		t.Errorf("hard link: got %q, %v", got, err)
	}
	entries, err := fs.ReadDir(f, ".")
	if err != nil || len(entries) != 5 {
		t.Errorf("got %v, %v, want 5 files", entries, err)
	}
	for file, want := range map[string]string{
		"3.jpg": "open 3.jpg: a link to 4.jpg, which is no file before it in the archive",
		"5.jpg": "open 5.jpg: a symbolic link to 1.jpg, want a file",
		"6.jpg": "open 6.jpg: an entry of type '6', want a file",
		"7.jpg": "open 7.jpg: file does not exist",
		"../a":  "open ../a: invalid argument",
	} {
		if _, err := f.Open(file); err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", file, err, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	whole := archive(t, tar.FormatPAX, "a/1.jpg", strings.Repeat("long/", 300)+"2.jpg")
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	w.Write(archive(t, tar.FormatPAX, "1.jpg"))
	w.Close()
	big := archive(t, tar.FormatPAX, &tar.Header{Name: "big", Typeflag: tar.TypeReg, Size: 3, Mode: 0o600})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"gzip":         {zipped.Bytes(), "compressed with gzip"},
		"bzip2":        {[]byte("BZh91AY"), "compressed with bzip2"},
		"parent":       {archive(t, tar.FormatPAX, "a/../../1.jpg"), `entry 1: want a path within the archive, got "a/../../1.jpg"`},
		"deep":         {whole, "want folders at most 100 deep"},
		"file in file": {archive(t, tar.FormatPAX, "a", "a/1.jpg"), "entry 2: a: want one of a file and a folder, got both"},
		"folder file":  {archive(t, tar.FormatPAX, "a/1.jpg", "a"), "entry 2: a: want one of a file and a folder, got both"},
		"cut":          {big[:513], "ends"},
		"text":         {bytes.Repeat([]byte("no archive\n"), 100), "invalid tar header"},
	} {
		_, err := index(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
	if _, err := index(big[:513]); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("want io.ErrUnexpectedEOF, got %v", err)
	}
}

func FuzzNew(f *testing.F) {
	f.Add(archive(f, tar.FormatPAX, "a/", "a/1.jpg", "./b/2.jpg"))
	f.Add(archive(f, tar.FormatGNU, strings.Repeat("n", 200), &tar.Header{Name: "2.jpg", Typeflag: tar.TypeLink, Linkname: "x"}))
	f.Add(archive(f, tar.FormatUSTAR, "1.jpg", &tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "1.jpg"}))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys, err := index(data)
		if err != nil {
			return
		}
		var total int64
		err = fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			file, err := fsys.Open(name)
			if err != nil || e.IsDir() {
				return nil // what is refused
			}
			content, err := io.ReadAll(file)
			if err != nil {
				return err
			}
			if total += int64(len(content)); len(content) > len(data) {
				t.Fatalf("%s: %d bytes of an archive of %d", name, len(content), len(data))
			}
			return file.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
