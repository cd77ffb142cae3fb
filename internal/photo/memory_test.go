package photo

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

// What decoding may take: that many times the RGB bytes, and tables, lines and
// windows of decompression that do not grow with the picture.
const (
	memoryFactor = 3
	memoryRest   = 100_000 // bytes
	memoryFrom   = 100_000 // pixels
)

// TestMemory adds up all that is taken while a file is decoded, whether or not it
// is still in use.
func TestMemory(t *testing.T) {
	folders := []string{filepath.Join("..", "jpeg", "testdata")}
	if root := golden.Root(t); root != "" {
		folders = append(folders, filepath.Join(root, "images", "images"))
	}
	n := 0
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			info, err := Inspect(data)
			if err != nil || info.Width*info.Height < memoryFrom || info.Width*info.Height > 1<<24 {
				return nil
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := Decode(data, Options{MaxPixels: 1 << 24})
			runtime.ReadMemStats(&after)
			if err != nil {
				return nil
			}
			n++
			taken, rgb := int(after.TotalAlloc-before.TotalAlloc), len(p.Pix)
			t.Logf("%-32s %5.2f times the RGB bytes", filepath.Base(name), float64(taken)/float64(rgb))
			if taken > memoryFactor*rgb+memoryRest {
				t.Errorf("%s: took %d bytes for %d of RGB, want at most %d times as many and %d", name, taken, rgb, memoryFactor, memoryRest)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		t.Error("no picture measured")
	}
}
