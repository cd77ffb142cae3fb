package cache

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damageOne opens a cache on the changed file and computes everything anew that
// is not found, as an extraction does.
func damageOne(t *testing.T, dir string, content []byte, rows int) (reports []error, found int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, Config{Damaged: func(err error) { reports = append(reports, err) }})
	if err != nil {
		t.Fatal(err)
	}
	var photos [][32]byte
	var computed []float32
	for i := range rows {
		if has(t, c, alpha, i) { // fails if the features are wrong
			found++
		} else {
			photos, computed = append(photos, digest(i)), append(computed, features(alpha, i)...)
		}
	}
	if err := c.put(t.Context(), alpha, photos, computed); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	return reports, found
}

func TestFlippedBytes(t *testing.T) {
	const rows = 150
	dir := t.TempDir()
	c := newCache(t, dir, Config{})
	put(t, c, alpha, 0, rows/2)
	put(t, c, alpha, rows/2, rows)
	whole, err := os.ReadFile(c.path())
	if err != nil {
		t.Fatal(err)
	}
	tries := 400
	if testing.Short() {
		tries = 80
	}
	const every = false // byte of the file, which takes an hour
	if every {
		tries = len(whole)
	}
	r := rand.New(rand.NewPCG(1, 2))
	named, recomputed := 0, 0
	for try := range tries {
		at := try
		if !every {
			at = r.IntN(len(whole))
		}
		changed := append([]byte(nil), whole...)
		changed[at] ^= byte(1 + r.IntN(255))
		reports, found := damageOne(t, dir, changed, rows)
		if len(reports) > 0 {
			named++
			if !strings.Contains(reports[0].Error(), fileName) || !strings.Contains(reports[0].Error(), "damaged") {
				t.Errorf("byte %d: want the file's name in %v", at, reports[0])
			}
		}
		if found < rows {
			recomputed++
		}
		// A damaged index may forget rows that were there when it was used first.
		content, err := os.ReadFile(c.path())
		if err != nil {
			t.Fatal(err)
		}
		damageOne(t, dir, content, rows)
		if n := countOf(t, newCache(t, dir, Config{}), alpha, 0, rows); n != rows {
			t.Errorf("byte %d: want all rows after they were computed again, got %d; reports %v", at, n, reports)
		}
	}
	t.Logf("%d bytes flipped, %d reported, %d with rows to compute again", tries, named, recomputed)
}
