package npy_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/npy"
)

// Every .npy file among the reference cases opens.
func TestReadGoldens(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		return
	}
	count := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".npy") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := npy.Read(f); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		count++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count == 0 {
		t.Errorf("no .npy file below %s", root)
	}
}
