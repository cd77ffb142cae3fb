package fetch

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// small is a backbone whose file has 2.4 MB.
var small = backbones.Spec{
	Name: "small", Preprocess: data.TF, InputSize: 32,
	Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
		x = b.Conv2D("conv1", x, nn.Conv2D{Filters: 256, Kernel: 3, Stride: 2, Bias: true})
		return b.Conv2D("conv2", x, nn.Conv2D{Filters: 256, Kernel: 3, Stride: 2, Bias: true})
	},
}

const smallFile = "small_notop.h5"

// smallH5 is the file of small, with drawn weights.
var smallH5 = sync.OnceValues(func() ([]byte, error) {
	parameters, err := small.Parameters(backbones.Config{})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = weights.WriteH5(&b, parameters, weights.Random(1))
	return b.Bytes(), err
})

func smallContent(t testing.TB) []byte {
	t.Helper()
	content, err := smallH5()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func md5Of(content []byte) string {
	sum := md5.Sum(content)
	return hex.EncodeToString(sum[:])
}

// smallOptions fetch small from an address into a new folder, with short pauses.
func smallOptions(t testing.TB, address string) Options {
	content := smallContent(t)
	return Options{
		Dir:   filepath.Join(t.TempDir(), "cache"),
		Files: []File{{Model: "small", Address: address + "/" + smallFile, Hash: md5Of(content), Size: int64(len(content))}},
		pause: time.Millisecond,
	}
}

// fetchSmall fetches and checks that all of it came and nothing else is left.
func fetchSmall(t testing.TB, o Options) {
	t.Helper()
	store, err := Weights(t.Context(), small, o)
	if err != nil {
		t.Fatal(err)
	}
	checkSmall(t, store)
	checkFiles(t, o.Dir, ".small.lock", "small")
}

func checkSmall(t testing.TB, store *weights.Store) {
	t.Helper()
	for _, p := range store.Manifest().Parameters {
		got, err := store.Param(p.Name, p.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := weights.Random(1).Param(p.Name, p.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Float32s(), want.Float32s()) {
			t.Errorf("%s differs from what was served", p.Name)
		}
	}
}

// checkFiles compares the names in a folder.
func checkFiles(t testing.TB, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("files: want %v, got %v", want, got)
	}
}

// failSmall fetches, wants an error with all of these, and nothing under the
// final name.
func failSmall(t testing.TB, o Options, want ...string) error {
	t.Helper()
	_, err := Weights(t.Context(), small, o)
	if err == nil {
		t.Fatal("want an error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("want %q in %q", w, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(o.Dir, "small")); err == nil {
		t.Error("a failed fetch left something under the final name")
	}
	return err
}

// steps collects the steps of a fetch.
type steps []Progress

func (s *steps) add(p Progress) { *s = append(*s, p) }

func (s steps) count(step Step) int {
	n := 0
	for _, p := range s {
		if p.Step == step {
			n++
		}
	}
	return n
}

// classIndex makes a class index of the given names.
func classIndex(name string) []byte {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `,"%d": ["n%08d", "%s_%d"]`, i, i, name, i)
	}
	return []byte("{" + b.String()[1:] + "}")
}
