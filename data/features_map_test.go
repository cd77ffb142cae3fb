package data

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/internal/npy"
)

func TestMapFeaturesIsOpenFeatures(t *testing.T) {
	dir := t.TempDir()
	want := someFeatures(5000)
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, file, err := MapFeatures(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	// A selection saves its own rows.
	part := want.Select([]int{7, 3})
	if err := part.Save(dir); err != nil {
		t.Fatal(err)
	}
	saved, err := OpenFeatures(os.DirFS(dir))
	if err != nil || !cmp.Equal(saved.X[:saved.Width], want.Row(7)) || saved.Len() != 2 || saved.Labels[1] != want.Labels[3] {
		t.Errorf("got %+v, %v", saved, err)
	}
}

// Values that no Save lets through are found, wherever reads are cut.
func TestMapFeaturesThatAreNotFinite(t *testing.T) {
	const rows, bad = 25, 17
	dir, f := t.TempDir(), someFeatures(rows)
	w, err := CreateFeatures(dir, f)
	if err != nil {
		t.Fatal(err)
	}
	f.X[bad*f.Width+2] = float32(math.Inf(-1))
	for i := range rows { // past the checks of Append
		if i == 0 {
			err = w.nextShard()
		}
		err = errors.Join(err, npy.WriteFloat32(w.out, f.Row(i)))
		w.labels, w.files, w.digests = append(w.labels, int64(f.Labels[i])), append(w.files, f.Files[i]), append(w.digests, f.Digests[i])
	}
	if err := errors.Join(err, w.Commit(), w.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, err = MapFeatures(dir)
	if want := "features.npy: row 17, column 2: want a finite value, got -Inf"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("want %q, got %v", want, err)
	}
	values := &finite{width: 3}
	var content []byte
	for _, v := range []float32{1, 2, 3, 4, float32(math.NaN()), 6} {
		content = binary.LittleEndian.AppendUint32(content, math.Float32bits(v))
	}
	for len(content) > 0 {
		n := min(3, len(content))
		if _, err := values.Write(content[:n]); err != nil {
			t.Fatal(err)
		}
		content = content[n:]
	}
	if values.seen != 6 || values.err == nil || !strings.Contains(values.err.Error(), "row 1, column 1") {
		t.Errorf("in parts: got %d values, %v", values.seen, values.err)
	}
}

// sharded saves features in tables of so many rows.
func sharded(t *testing.T, dir string, f *Features, rows int) {
	t.Helper()
	w, err := CreateFeatures(dir, f)
	if err != nil {
		t.Fatal(err)
	}
	w.shardRows = rows
	if err := errors.Join(f.write(w), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestShards(t *testing.T) {
	dir := t.TempDir()
	want := someFeatures(25)
	sharded(t, dir, want, 10)
	for i := range 3 {
		if _, err := os.Stat(filepath.Join(dir, shardName(i, 3))); err != nil {
			t.Error(err)
		}
	}
	opened, err := OpenFeatures(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Error(diff)
	}
	mapped, file, err := MapFeatures(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if len(mapped.Shards) != 3 || mapped.X != nil {
		t.Errorf("want three shards, got %d, and %d values of X", len(mapped.Shards), len(mapped.X))
	}
	fit, held, err := mapped.Split(0.4)
	if err != nil {
		t.Fatal(err)
	}
	selected := mapped.Select([]int{24, 9, 10})
	for _, f := range []*Features{fit, held, selected} {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
	}
	for i := range want.Len() {
		part, row := fit, i
		if i >= fit.Len() {
			part, row = held, i-fit.Len()
		}
		if !cmp.Equal(mapped.Row(i), want.Row(i)) || !cmp.Equal(part.Row(row), want.Row(i)) || part.Digests[row] != want.Digests[i] {
			t.Errorf("row %d: want %v, got %v and in its part %v", i, want.Row(i), mapped.Row(i), part.Row(row))
		}
	}
	if !cmp.Equal(selected.Row(0), want.Row(24)) || selected.Digests[2] != want.Digests[10] {
		t.Errorf("selected: got %v", selected.Row(0))
	}

	// Fewer rows leave no shard of before.
	if err := want.Select([]int{1, 2}).Save(dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "features-*")); len(left) != 0 {
		t.Errorf("shards are left: %v", left)
	}
}

func TestMapFeaturesRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := someFeatures(50).Save(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, featuresTable)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), whole...)
	changed[len(changed)-1] ^= 1
	for want, content := range map[string][]byte{
		"want ": whole[:len(whole)-4], "bytes, got": append(append([]byte(nil), whole...), 0), "damaged": changed, "truncated": whole[:4],
	} {
		if err := os.WriteFile(name, content, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := MapFeatures(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), featuresTable) {
			t.Errorf("want an error with %q that names the file, got %v", want, err)
		}
	}
	if _, _, err := MapFeatures(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no features: got %v", err)
	}
}
