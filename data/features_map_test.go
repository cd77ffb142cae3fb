package data

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
