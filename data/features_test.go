package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cairnml/cairn/internal/golden"
)

func someFeatures(n int) *Features {
	f := &Features{Width: 3, Classes: []string{"dingo", "柴犬"}, Source: "resnet50v2+densenet121"}
	for i := range n {
		f.X = append(f.X, float32(i), -float32(i)/3, 1e-40)
		f.Labels = append(f.Labels, i%2)
		f.Files = append(f.Files, "train/"+string(rune('a'+i%26))+".jpg")
		f.Digests = append(f.Digests, sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	f.Members = []FeatureMember{{"resnet50v2", 2, "12ab"}, {"densenet121", 1, "34cd"}}
	return f
}

func TestSplitMatchesKeras(t *testing.T) {
	files := []string{filepath.Join("testdata", "validation_split.json")}
	if root := golden.Root(t); root != "" {
		files = append(files, filepath.Join(root, "training", "edge", "validation_split.json"))
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var expected struct {
			Cases []struct {
				N     int     `json:"n"`
				Split float64 `json:"split"`
				Train int     `json:"train_rows"`
				Held  int     `json:"validation_rows"`
				First int     `json:"first_validation_row"`
				Error string  `json:"error"`
			} `json:"cases"`
		}
		if err := json.Unmarshal(text, &expected); err != nil {
			t.Fatal(err)
		}
		for _, c := range expected.Cases {
			fit, held, err := someFeatures(c.N).Split(c.Split)
			if (err != nil) != (c.Error != "") {
				t.Errorf("%d rows at %v: got error %v, want %q", c.N, c.Split, err, c.Error)
			}
			if err != nil || c.Error != "" {
				continue
			}
			if fit.Len() != c.Train || held.Len() != c.Held || held.Row(0)[0] != float32(c.First) {
				t.Errorf("%d rows at %v: got %d and %d from row %v, want %d and %d from %d", c.N, c.Split, fit.Len(), held.Len(), held.Row(0)[0], c.Train, c.Held, c.First)
			}
			if err := errors.Join(fit.Validate(), held.Validate()); err != nil {
				t.Errorf("%d rows at %v: %v", c.N, c.Split, err)
			}
		}
		t.Logf("%s: %d cases", name, len(expected.Cases))
	}
}

func TestSplitBadFraction(t *testing.T) {
	for _, held := range []float64{0, 1, -0.5, 1.5, math.NaN(), math.Inf(1)} {
		if _, _, err := someFeatures(10).Split(held); err == nil || !strings.HasPrefix(err.Error(), "data: features: holding out") {
			t.Errorf("%v: got error %v", held, err)
		}
	}
}

func TestSplitPartsDoNotGrowIntoEachOther(t *testing.T) {
	f := someFeatures(4)
	fit, held, err := f.Split(0.5)
	if err != nil {
		t.Fatal(err)
	}
	fit.X, fit.Labels, fit.Files = append(fit.X, 9), append(fit.Labels, 9), append(fit.Files, "")
	_ = append(fit.Row(0), 9)
	if diff := cmp.Diff(someFeatures(4).between(2, 4), held); diff != "" {
		t.Error(diff)
	}
}

func TestSaveAndOpenFeatures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for _, want := range []*Features{someFeatures(40000), someFeatures(5), {X: []float32{1}, Width: 1, Labels: []int{0}, Classes: []string{"a"}}} {
		if err := want.Save(dir); err != nil {
			t.Fatal(err)
		}
		got, err := OpenFeatures(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != len(featureFiles) {
		t.Errorf("got files %v, %v, want %v", files, err, featureFiles)
	}
}

func TestSaveFeaturesErrors(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "file")
	if err := os.WriteFile(blocked, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := someFeatures(2).Save(blocked); err == nil || !strings.Contains(err.Error(), blocked) {
		t.Errorf("a file in the way: got error %v", err)
	}

	// A folder of the table's name lets everything but the last step succeed.
	if err := os.MkdirAll(filepath.Join(dir, featuresTable, "full"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := someFeatures(2).Save(dir); err == nil {
		t.Error("a folder in the way: got no error")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.tmp")); len(left) != 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		change     func(f *Features)
	}{
		{"no rows", "want at least one row and one column, got 0×3", func(f *Features) { f.Labels = nil }},
		{"no columns", "got 4×0", func(f *Features) { f.Width = 0 }},
		{"too few values", "want 4 rows of 3 values, got 11 values", func(f *Features) { f.X = f.X[:11] }},
		{"overflowing width", "want 4 rows of", func(f *Features) { f.Width = math.MaxInt/4 + 4 }},
		{"files", "want 4 files, one per row, or none, got 1", func(f *Features) { f.Files = f.Files[:1] }},
		{"digests", "want 4 digests, one per row, or none, got 1", func(f *Features) { f.Digests = f.Digests[:1] }},
		{"members", "want members with 3 columns together, got 2", func(f *Features) { f.Members = f.Members[:1] }},
		{"wide member", "member 1 (densenet121): want from 1 to 1 columns, got 2", func(f *Features) { f.Members[1].Features = 2 }},
		{"shards", "shard 1: want as many rows", func(f *Features) { f.Shards, f.X = [][]float32{f.X[:3], f.X[3:]}, nil }},
		{"shards and X", "want X or shards", func(f *Features) { f.Shards = [][]float32{f.X[:6], f.X[6:]} }},
		{"label", "row 2 (train/c.jpg): want a label from 0 to 1, got 2", func(f *Features) { f.Labels[2] = 2 }},
		{"negative label", "row 2 (train/c.jpg): want a label from 0 to 1, got -1", func(f *Features) { f.Labels[2] = -1 }},
		{"class twice", `class 1: want a name of its own, got "dingo"`, func(f *Features) { f.Classes[1] = "dingo" }},
		{"class without name", `class 1: want a name of its own, got ""`, func(f *Features) { f.Classes[1] = "" }},
		{"NaN", "row 1 (train/b.jpg), column 2: want a finite value, got NaN", func(f *Features) { f.X[5] = float32(math.NaN()) }},
		{"infinity", "row 0, column 0: want a finite value, got +Inf", func(f *Features) { f.Files, f.X[0] = nil, float32(math.Inf(1)) }},
	} {
		f := someFeatures(4)
		tt.change(f)
		dir := filepath.Join(t.TempDir(), "none")
		for _, err := range []error{f.Validate(), f.Save(dir)} {
			if err == nil || !strings.HasPrefix(err.Error(), "data: features: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: something was written", tt.name)
		}
	}
}

// featureFiles are those of features that are not many.
var featureFiles = []string{featuresTable, classesList, idsList, labelsList, digestsList, featuresIndex}

// saved returns the files of Save.
func saved(t testing.TB, f *Features) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	if err := f.Save(dir); err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, name := range featureFiles {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: file}
	}
	return fsys
}

func TestOpenFeaturesErrors(t *testing.T) {
	other := saved(t, someFeatures(5))
	edit := func(old, new string) func(fstest.MapFS) {
		return func(fsys fstest.MapFS) {
			text := fsys[featuresIndex].Data
			if !bytes.Contains(text, []byte(old)) {
				t.Fatalf("no %q in %s", old, text)
			}
			fsys[featuresIndex].Data = bytes.Replace(text, []byte(old), []byte(new), 1)
		}
	}
	for _, tt := range []struct {
		name, want string
		is         error
		change     func(fsys fstest.MapFS)
	}{
		{"no table", "features.npy", fs.ErrNotExist, func(fsys fstest.MapFS) { delete(fsys, featuresTable) }},
		{"no manifest", "manifest.json", fs.ErrNotExist, func(fsys fstest.MapFS) { delete(fsys, featuresIndex) }},
		{"no ids", "ids.json", fs.ErrNotExist, func(fsys fstest.MapFS) { delete(fsys, idsList) }},
		{"cut table", "features.npy: ", nil, func(fsys fstest.MapFS) {
			fsys[featuresTable].Data = fsys[featuresTable].Data[:150]
		}},
		{"changed table", "features.npy: damaged, or not of the manifest.json beside it: want SHA-256 ", nil, func(fsys fstest.MapFS) {
			fsys[featuresTable].Data[140] ^= 1
		}},
		{"changed labels", "labels.npy: damaged", nil, func(fsys fstest.MapFS) { fsys[labelsList].Data[140] ^= 1 }},
		{"long table", "features.npy: ", nil, func(fsys fstest.MapFS) {
			fsys[featuresTable].Data = append(fsys[featuresTable].Data, 0)
		}},
		{"other table", "features.npy: want float32 [4 3] as manifest.json says, got float32 [5 3]", nil, func(fsys fstest.MapFS) {
			fsys[featuresTable] = other[featuresTable]
		}},
		{"other classes", "classes.json: damaged", nil, func(fsys fstest.MapFS) {
			fsys[classesList].Data = []byte(`["dingo","dingo"]`)
		}},
		{"cut manifest", "manifest.json: unexpected end of JSON input", nil, func(fsys fstest.MapFS) {
			fsys[featuresIndex].Data = fsys[featuresIndex].Data[:50]
		}},
		{"format", "manifest.json: want format 2, got 3", nil, edit(`"format": 2`, `"format": 3`)},
		{"rows", "labels.npy: want int64 [5] as manifest.json says, got int64 [4]", nil, edit(`"rows": 4`, `"rows": 5`)},
		{"width", "features.npy: want float32 [4 2] as manifest.json says, got float32 [4 3]", nil, edit(`"width": 3`, `"width": 2`)},
		{"shard's name", "manifest.json: table 0: want features.npy, got \"../x.npy\"", nil, edit(`"features.npy"`, `"../x.npy"`)},
		{"list's name", "manifest.json: lists: want", nil, edit(`"ids.json"`, `"other.json"`)},
		{"hash", "manifest.json: features.npy: want a SHA-256, got \"\"", nil, edit(`"sha256": "`, `"sha256": "", "x": "`)},
	} {
		fsys := saved(t, someFeatures(4))
		tt.change(fsys)
		_, err := OpenFeatures(fsys)
		if err == nil || !strings.HasPrefix(err.Error(), "data: open features: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want one with %q", tt.name, err, tt.want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: got error %v, want it to be %v", tt.name, err, tt.is)
		}
	}
}

func FuzzOpenFeatures(f *testing.F) {
	for _, n := range []int{1, 4} {
		fsys := saved(f, someFeatures(n))
		f.Add(fsys[featuresTable].Data, fsys[classesList].Data, fsys[idsList].Data, fsys[labelsList].Data, fsys[digestsList].Data, fsys[featuresIndex].Data)
	}
	f.Add([]byte("\x93NUMPY"), []byte(`["a"]`), []byte(`[]`), []byte("\x93NUMPY"), []byte("00"), []byte(`{"format":2,"rows":1,"width":9223372036854775807}`))
	f.Fuzz(func(t *testing.T, table, classes, ids, labels, digests, manifest []byte) {
		contents := [][]byte{table, classes, ids, labels, digests, manifest}
		fsys := fstest.MapFS{}
		for i, name := range featureFiles {
			fsys[name] = &fstest.MapFile{Data: contents[i]}
		}
		// Right hashes, or nothing behind them would be tried.
		var m featuresManifest
		if json.Unmarshal(manifest, &m) == nil {
			for _, files := range [][]savedFile{m.Tables, m.Lists} {
				for i := range files {
					if file := fsys[files[i].Name]; file != nil {
						files[i].SHA256 = fmt.Sprintf("%x", sha256.Sum256(file.Data))
					}
				}
			}
			if text, err := json.Marshal(m); err == nil {
				fsys[featuresIndex] = &fstest.MapFile{Data: text}
			}
		}
		got, err := OpenFeatures(fsys)
		if err != nil {
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, name := range append(got.Files, got.Classes...) {
			if !utf8.ValidString(name) {
				return
			}
		}
		again, err := OpenFeatures(saved(t, got))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
