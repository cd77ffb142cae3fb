package head

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cairnml/cairn/data"
)

const (
	largeDir    = "CAIRN_TEST_LARGE_DIR" // set for the child that has little memory
	largeRows   = 349_440
	largeWidth  = 3072    // of float32: 4 GB in all
	largeMemory = 1 << 30 // bytes that the child may have besides the file
)

// TestChildTrainsOnLargeFeatures is the program of TestFeaturesLargerThanMemory;
// on its own it does nothing.
func TestChildTrainsOnLargeFeatures(t *testing.T) {
	dir := os.Getenv(largeDir)
	if dir == "" {
		t.Skip("runs as a child of TestFeaturesLargerThanMemory")
	}
	// The limit counts what a process has for itself, and no file's pages.
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: largeMemory, Max: largeMemory}); err != nil {
		t.Fatal(err)
	}
	f, file, err := data.MapFeatures(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fit, held, err := f.SplitStratified(0.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{Inputs: f.Width, Classes: f.Classes, Dropout: 0.7})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range h.Train(context.Background(), fit, held, Training{Epochs: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", e)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "RssAnon:") || strings.HasPrefix(line, "VmData:") {
			t.Log(line)
		}
	}
}

func TestFeaturesLargerThanMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("an epoch of 350,000 rows")
	}
	dir := t.TempDir()
	writeSparse(t, dir)
	c := exec.Command(os.Args[0], "-test.run=^TestChildTrainsOnLargeFeatures$", "-test.v")
	c.Env = append(os.Environ(), largeDir+"="+dir)
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("with %d MB: %v", largeMemory>>20, err)
	}
}

// writeSparse writes features of zeros that take no room on disk.
func writeSparse(t *testing.T, dir string) {
	t.Helper()
	small := &data.Features{Width: 1, X: []float32{0, 0}, Labels: []int{0, 1}, Classes: []string{"a", "b"}}
	if err := small.Save(dir); err != nil { // for the form of both files
		t.Fatal(err)
	}
	name := filepath.Join(dir, "features.npy")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	header := strings.Replace(string(text[:len(text)-8]), "(2, 1), }", fmt.Sprintf("(%d, %d), }", largeRows, largeWidth), 1)
	header = header[:len(text)-8-1] + "\n" // as long as before: the padding gives way
	if err := os.WriteFile(name, []byte(header), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, int64(len(header))+4*largeRows*largeWidth); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	labels := make([]int, largeRows)
	for i := range labels {
		labels[i] = i % 2
	}
	index, err := json.Marshal(map[string]any{"format": 1, "rows": largeRows, "width": largeWidth, "sha256": hex.EncodeToString(sum.Sum(nil)),
		"classes": small.Classes, "labels": labels})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "features.json"), index, 0o666); err != nil {
		t.Fatal(err)
	}
}
