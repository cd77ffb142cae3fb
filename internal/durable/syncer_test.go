package durable

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSyncer(t *testing.T) {
	dir := t.TempDir()
	s := NewSyncer()
	const files = 50
	for i := range files {
		f, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(f, i); err != nil {
			t.Fatal(err)
		}
		if i%20 == 19 { // syncing it must fail
			f.Close()
		}
		s.Close(f)
	}
	err := s.Wait()
	for _, name := range []string{"19", "39"} {
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, name)+": ") {
			t.Errorf("want an error that names file %s, got %v", name, err)
		}
	}
	for i := range files {
		if text, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i))); err != nil || string(text) != fmt.Sprint(i) {
			t.Errorf("file %d: got %q, %v", i, text, err)
		}
	}
}
