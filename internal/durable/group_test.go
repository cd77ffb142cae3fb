package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// stageAll stages a file of each name with the given content.
func stageAll(t *testing.T, dir, content string, names ...string) []*Staged {
	t.Helper()
	var all []*Staged
	for _, name := range names {
		s, err := Stage(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.File.WriteString(content + name); err != nil {
			t.Fatal(err)
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestReplaceFiles(t *testing.T) {
	dir := t.TempDir()
	for _, content := range []string{"old ", "new ", "new "} {
		files := stageAll(t, dir, content, "a", "b")
		if err := Replace(dir, "index", []byte(content), files); err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := f.Drop(); err != nil {
				t.Error(err)
			}
			name := Find(os.DirFS(dir), f.Name, f.SHA256)
			if text, err := os.ReadFile(filepath.Join(dir, name)); name != f.Name || string(text) != content+f.Name || err != nil {
				t.Errorf("%s: got %q, %v", name, text, err)
			}
		}
		if names := list(t, dir); !slices.Equal(names, []string{"a", "b", "index"}) {
			t.Errorf("got %v", names)
		}
	}
}

// A crash between any two of the renames leaves all of the old or of the new.
func TestReplaceThatWasCut(t *testing.T) {
	dir := t.TempDir()
	old := stageAll(t, dir, "old ", "a", "b")
	if err := Replace(dir, "index", nil, old); err != nil {
		t.Fatal(err)
	}
	fresh := stageAll(t, dir, "new ", "a", "b")
	read := func(of []*Staged, want string) {
		t.Helper()
		for _, f := range of {
			if text, err := os.ReadFile(filepath.Join(dir, Find(os.DirFS(dir), f.Name, f.SHA256))); string(text) != want+f.Name || err != nil {
				t.Errorf("%s: want %q, got %q, %v", f.Name, want, text, err)
			}
		}
	}
	read(old, "old ")
	for _, f := range fresh {
		if err := errors.Join(f.File.Close(), os.Rename(f.path, filepath.Join(dir, waiting(f.Name, f.SHA256)))); err != nil {
			t.Fatal(err)
		}
		read(old, "old ")
	}
	read(fresh, "new ") // as soon as the index says so
	for _, f := range fresh {
		for range 2 {
			if err := Finish(dir, f.Name, f.SHA256); err != nil {
				t.Fatal(err)
			}
			read(fresh, "new ")
		}
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	abandoned := filepath.Join(dir, ".a.1.tmp")
	settled, recent := filepath.Join(dir, ".a.0123.new"), filepath.Join(dir, ".b.0123.new")
	for _, name := range []string{abandoned, settled, recent} {
		if err := os.WriteFile(name, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(settled, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	inUse := stageAll(t, dir, "", "c")[0]
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if names := list(t, dir); !slices.Equal(names, []string{filepath.Base(recent), filepath.Base(inUse.path)}) {
		t.Errorf("got %v", names)
	}
	if err := inUse.Drop(); err != nil {
		t.Error(err)
	}
	if err := Sweep(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
}
