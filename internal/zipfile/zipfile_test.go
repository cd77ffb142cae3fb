package zipfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/hostile"
)

// archive makes one with empty files of those names.
func archive(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func numbered(n int, format string) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i)
	}
	return names
}

func TestOpen(t *testing.T) {
	names := numbered(10_000, "layer%05d/kernel.npy")
	raw := archive(t, names...)
	z, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(names) {
		t.Fatalf("want %d files, got %d", len(names), len(z.File))
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
			t.Fatalf("%s: %d bytes, %v", f.Name, len(rest), err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for what, test := range map[string]struct {
		raw  []byte
		want string
	}{
		"directory": {archive(t, numbered(60_000, "%d")...), "want a directory of at most 1048576 bytes"},
		"depth":     {archive(t, strings.Repeat("a/", maxSteps)+"b"), "want a path of at most 12 steps"},
		"text":      {[]byte("hello, world"), "not a valid zip file"},
		"nothing":   {nil, "not a valid zip file"},
	} {
		_, err := Open(bytes.NewReader(test.raw), int64(len(test.raw)))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", what, test.want, err)
		}
	}
}

// What costs most for a byte: many short names, and names of many steps as a file
// system.
func TestOpenWithinBounds(t *testing.T) {
	const header = 46 // bytes of a directory entry beside its name
	steps := strings.Repeat("%04[1]x/", maxSteps-1) + "a"
	for _, names := range [][]string{
		numbered(maxDirectory/(header+5), "%05d"),
		numbered(maxDirectory/(header+5*(maxSteps-1)+1), steps),
	} {
		raw := archive(t, names...)
		hostile.Memory(t, len(raw), func() {
			z, err := Open(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if f, err := z.Open(names[0]); err != nil {
				t.Error(err)
			} else {
				f.Close()
			}
		})
	}
}
