package head

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/npy"
)

const (
	largeDir    = "CAIRN_TEST_LARGE_DIR" // set for the child that has little memory
	largeRows   = 349_440
	largeShards = 5       // tables of them
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
	if err := small.Save(dir); err != nil { // for the form of all files
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "features.npy"))
	if err != nil {
		t.Fatal(err)
	}
	const rows = largeRows / largeShards
	header := strings.Replace(string(text[:len(text)-8]), "(2, 1), }", fmt.Sprintf("(%d, %d), }", rows, largeWidth), 1)
	header = header[:len(text)-8-1] + "\n" // as long as before: the padding gives way
	var tables []map[string]any
	for i := range largeShards {
		name := fmt.Sprintf("features-%05d-of-%05d.npy", i, largeShards)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(header), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), int64(len(header))+4*rows*largeWidth); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, map[string]any{"name": name})
	}
	tables[0]["sha256"] = hashOf(t, filepath.Join(dir, tables[0]["name"].(string)))
	for _, table := range tables {
		table["sha256"] = tables[0]["sha256"] // all are the same
	}

	labels := &npy.Array{Header: npy.Header{Dtype: npy.Int64, Shape: []int{largeRows}}, Int64: make([]int64, largeRows)}
	for i := range labels.Int64 {
		labels.Int64[i] = int64(i % 2)
	}
	file, err := os.Create(filepath.Join(dir, "labels.npy"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(npy.Write(file, labels), file.Close()); err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	text, err = os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	manifest["rows"], manifest["width"], manifest["tables"] = largeRows, largeWidth, tables
	for _, list := range manifest["lists"].([]any) {
		if list := list.(map[string]any); list["name"] == "labels.npy" {
			list["sha256"] = hashOf(t, filepath.Join(dir, "labels.npy"))
		}
	}
	if text, err = json.Marshal(manifest); err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func hashOf(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
