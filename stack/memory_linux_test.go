package stack_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// mostGrowth is how much memory 100,000 photos may take beyond what 100 take.
// The list of photos is 8 MB of it.
const mostGrowth = 50 << 20

const photosOfChild = "CAIRN_TEST_PHOTOS"

// TestStreamMemory runs processes of its own over links to a few photos.
func TestStreamMemory(t *testing.T) {
	if dir := os.Getenv(photosOfChild); dir != "" {
		streamFolder(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("100,000 photos in short mode")
	}
	few, many := peakOf(t, 100), peakOf(t, 100_000)
	t.Logf("peak memory: %d MB for 100 photos, %d MB for 100,000", few>>20, many>>20)
	if many-few > mostGrowth {
		t.Errorf("want at most %d MB more", mostGrowth>>20)
	}
}

// streamFolder is what the child does.
func streamFolder(t *testing.T, dir string) {
	set, err := data.OpenFolder(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	s := newStack(t, newBackbone(t, tiny("one", 12), 1, backbones.Config{}))
	n := 0
	for row, err := range s.Stream(context.Background(), set.Source(), stack.Extraction{}) {
		if err != nil || row.Index != n {
			t.Fatal(row.Index, n, err)
		}
		n++
	}
	if n != len(set.Photos) {
		t.Fatalf("got %d rows of %d photos", n, len(set.Photos))
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Println("peak", strings.Fields(after)[0])
}

// peakOf returns the most memory, in bytes, that a process took for n photos.
func peakOf(t *testing.T, n int) int {
	t.Helper()
	dir, photos := t.TempDir(), painted(t, 4)
	for i := range 4 {
		class := filepath.Join(dir, photos.Classes[i%2])
		if err := os.MkdirAll(class, 0o700); err != nil {
			t.Fatal(err)
		}
		content, err := fs.ReadFile(photos.FS, photos.Photos[i].File)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for j := i; j < n; j += 4 {
			// A file has at most 65,000 hard links.
			if err := os.Symlink(file, filepath.Join(class, fmt.Sprintf("photo-of-the-set-%06d.jpg", j))); err != nil {
				t.Fatal(err)
			}
		}
	}
	var stderr bytes.Buffer
	child := exec.Command(os.Args[0], "-test.run=^TestStreamMemory$")
	child.Env = append(os.Environ(), photosOfChild+"="+dir)
	child.Stderr = &stderr
	out, err := child.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr.Bytes())
	}
	_, after, _ := strings.Cut(string(out), "peak ")
	kilobytes, err := strconv.Atoi(strings.Fields(after + " none")[0])
	if err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return kilobytes << 10
}
