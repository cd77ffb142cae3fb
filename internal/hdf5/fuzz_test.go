package hdf5

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/hostile"
)

// FuzzOpen reads everything that is in a file, with and without looking at
// checksums.
func FuzzOpen(f *testing.F) {
	files, err := filepath.Glob("testdata/*.h5.gz")
	if err != nil {
		f.Fatal(err)
	}
	damaged, err := filepath.Glob("../../weights/testdata/h5/*.h5.gz")
	if err != nil {
		f.Fatal(err)
	}
	const largest = 80 << 10 // larger seeds make fuzzing slow
	for _, file := range append(files, damaged...) {
		if raw := unpacked(f, file); len(raw) <= largest {
			f.Add(raw, strings.Contains(file, "latest"))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, unchecked bool) {
		hostile.Read(t, len(raw), func() { readAll(raw, unchecked) })
	})
}

// readAll reads what there is, and stops at no error but those of the file's
// head.
func readAll(raw []byte, unchecked bool) {
	f, err := open(bytes.NewReader(raw), int64(len(raw)), unchecked)
	if err != nil {
		return
	}
	left := 4 * len(raw) // elements; a caller wants no more than a file can have
	_ = f.Walk(func(g *Group, d *Dataset) error {
		if g != nil {
			for _, name := range []string{"layer_names", "weight_names", "name"} {
				if a, err := g.Attribute(name); err == nil {
					_, _ = a.Strings()
				}
			}
			names, err := g.Names()
			if err != nil {
				return err
			}
			for i, name := range names {
				if i < 8 { // soft links are for here: Walk passes them over
					_, _ = g.Dataset(name)
				}
			}
			return nil
		}
		if left -= d.Len(); left >= 0 {
			_, _ = d.Float32s()
		}
		return nil
	})
}
