package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFileReplacesWholeOrNotAtAll(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := WriteBytes(name, []byte("old")); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("disk full")
	err := WriteFile(name, func(w io.Writer) error {
		_, _ = w.Write([]byte("half of the n"))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("want the writer's error, got %v", err)
	}
	check := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("want %q, got %q, %v", want, got, err)
		}
		if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
			t.Errorf("want no temporary file left, got %v", left)
		}
	}
	check("old")
	if err := WriteBytes(name, []byte("new")); err != nil {
		t.Fatal(err)
	}
	check("new")
	if err := WriteBytes(filepath.Join(name, "below a file"), nil); err == nil {
		t.Error("want an error for a folder that is a file")
	}
}
