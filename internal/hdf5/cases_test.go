package hdf5

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// hdf5Case is what h5py reads from a file of testdata, see
// tools/keras/make_hdf5.py.
type hdf5Case struct {
	File     string
	Datasets map[string]struct {
		Shape  []int
		SHA256 string
	}
	Groups map[string]struct {
		Names   int              // how many links
		Strings map[string][]any // of attributes: how many, and the last
	}
}

func readCases(t testing.TB) []hdf5Case {
	t.Helper()
	raw, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []hdf5Case
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// unpacked returns the content of a gzipped file.
func unpacked(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func openBytes(t testing.TB, raw []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every dataset, group and attribute of strings comes back as h5py reads it.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.File, func(t *testing.T) {
			f := openBytes(t, unpacked(t, filepath.Join("testdata", c.File+".gz")))
			root, err := f.Root()
			if err != nil {
				t.Fatal(err)
			}
			for path := range c.Datasets {
				c.testDataset(t, root, path)
			}
			for path := range c.Groups {
				c.testGroup(t, root, path)
			}
			seen := 0
			err = f.Walk(func(g *Group, d *Dataset) error {
				if d != nil || g.Path != "/" {
					seen++
				}
				return nil
			})
			if want := len(c.Datasets) + len(c.Groups); err != nil || seen != want {
				t.Errorf("Walk: want %d objects, got %d, %v", want, seen, err)
			}
		})
	}
}

func (c hdf5Case) testDataset(t *testing.T, root *Group, path string) {
	t.Helper()
	want := c.Datasets[path]
	d, err := root.Dataset(path)
	if err != nil {
		t.Error(err)
		return
	}
	values, err := d.Float32s()
	if err != nil {
		t.Error(err)
		return
	}
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	sum := sha256.Sum256(b)
	if !slices.Equal(d.Shape, want.Shape) || hex.EncodeToString(sum[:]) != want.SHA256 {
		t.Errorf("%s: %v: want shape %v, got %v, or the values differ", path, d.Type, want.Shape, d.Shape)
	}
}

func (c hdf5Case) testGroup(t *testing.T, root *Group, path string) {
	t.Helper()
	want := c.Groups[path]
	g, err := root.Group(path)
	if err != nil {
		t.Error(err)
		return
	}
	names, err := g.Names()
	if err != nil || len(names) != want.Names || !slices.IsSorted(names) {
		t.Errorf("%s: want %d names, got %d, %v", path, want.Names, len(names), err)
	}
	for name, w := range want.Strings {
		a, err := g.Attribute(name)
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := a.Strings()
		if err != nil || len(got) != int(w[0].(float64)) || len(got) > 0 && got[len(got)-1] != w[1] {
			t.Errorf("%s: attribute %s: want %v, got %d strings, %v", path, name, w, len(got), err)
		}
	}
}

func TestMissing(t *testing.T) {
	root, err := openBytes(t, unpacked(t, "testdata/types_latest.h5.gz")).Root()
	if err != nil {
		t.Fatal(err)
	}
	_, groupErr := root.Group("contiguous/nothing")
	_, datasetErr := root.Dataset("/chunked/nothing")
	_, attributeErr := root.Attribute("nothing")
	for _, err := range []error{groupErr, datasetErr, attributeErr} {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("want fs.ErrNotExist, got %v", err)
		}
	}
	if _, err := root.Group("scalar"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dataset as a group: got %v", err)
	}
	if _, err := root.Dataset("contiguous"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a group as a dataset: got %v", err)
	}
}
