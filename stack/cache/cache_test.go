package cache

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const testWidth = 5

// newCache opens a cache that ends with the test.
func newCache(t testing.TB, dir string, config Config) *Cache {
	t.Helper()
	c, err := Open(dir, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func digest(i int) [32]byte { return sha256.Sum256(fmt.Append(nil, "photo ", i)) }

// features are those of photo i by a member.
func features(member [32]byte, i int) []float32 {
	f := make([]float32, testWidth)
	for j := range f {
		f[j] = float32(member[0]) + float32(i) + float32(j)/8
	}
	return f
}

var alpha, beta = sha256.Sum256([]byte("alpha")), sha256.Sum256([]byte("beta"))

// put stores the features of photos from to, one batch.
func put(t testing.TB, c *Cache, member [32]byte, from, to int) {
	t.Helper()
	var photos [][32]byte
	var rows []float32
	for i := from; i < to; i++ {
		photos, rows = append(photos, digest(i)), append(rows, features(member, i)...)
	}
	if err := c.put(t.Context(), member, photos, rows); err != nil {
		t.Fatal(err)
	}
}

// has says whether the cache has the right features of photo i. Wrong ones fail.
func has(t testing.TB, c *Cache, member [32]byte, i int) bool {
	t.Helper()
	got := make([]float32, testWidth)
	found, err := c.get(t.Context(), member, digest(i), got)
	if err != nil {
		t.Fatal(err)
	}
	if found && !slices.Equal(got, features(member, i)) {
		t.Fatalf("photo %d: want %v, got %v", i, features(member, i), got)
	}
	return found
}

func countOf(t testing.TB, c *Cache, member [32]byte, from, to int) int {
	t.Helper()
	n := 0
	for i := from; i < to; i++ {
		if has(t, c, member, i) {
			n++
		}
	}
	return n
}

func TestRowsAreFoundAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "cache")
	c := newCache(t, dir, Config{})
	if has(t, c, alpha, 0) {
		t.Error("a new cache has a row")
	}
	put(t, c, alpha, 0, 3)
	if !has(t, c, alpha, 2) || has(t, c, beta, 2) || has(t, c, alpha, 3) {
		t.Error("want the rows that were put, and no others")
	}
	put(t, c, alpha, 3, 200)
	put(t, c, beta, 100, 150)
	other := newCache(t, dir, Config{})
	for _, c := range []*Cache{c, other} {
		if a, b := countOf(t, c, alpha, 0, 210), countOf(t, c, beta, 0, 210); a != 200 || b != 50 {
			t.Errorf("want 200 and 50 rows, got %d and %d", a, b)
		}
		wider := make([]float32, testWidth+1)
		if found, err := c.get(t.Context(), alpha, digest(0), wider); found || err != nil {
			t.Errorf("a row of another width: got %v, %v", found, err)
		}
	}
	info, err := other.Info(t.Context())
	if err != nil || info.Rows != 250 || info.Bytes != 250*(rowHead+4*testWidth) || len(info.Members) != 2 || info.Members[0].Rows != 200 ||
		info.Members[0].Fingerprint != alpha || time.Since(info.Oldest) > time.Minute || info.FileBytes < info.Bytes {
		t.Errorf("got %+v, %v", info, err)
	}
	good, damage, err := other.Verify(t.Context())
	if good != 250 || damage != nil || err != nil {
		t.Errorf("verify: got %d, %v, %v", good, damage, err)
	}
}

func TestTwoCachesOnOneFile(t *testing.T) {
	dir := t.TempDir()
	var wait sync.WaitGroup
	for range 3 {
		c := newCache(t, dir, Config{})
		wait.Go(func() {
			for i := 0; i < 300; i += 10 {
				put(t, c, alpha, i, i+10)
				has(t, c, alpha, (i*7)%300)
			}
		})
	}
	wait.Wait()
	c := newCache(t, dir, Config{})
	good, damage, err := c.Verify(t.Context())
	if n := countOf(t, c, alpha, 0, 300); n != 300 || good != 300 || damage != nil || err != nil {
		t.Errorf("want each row once, got %d, %d good, %v, %v", n, good, damage, err)
	}
}

func TestTheOldestGoBeyondTheLimit(t *testing.T) {
	const keep = 100
	c := newCache(t, t.TempDir(), Config{MaxBytes: keep * (rowHead + 4*testWidth)})
	for i := 0; i < 500; i += 20 {
		put(t, c, alpha, i, i+20)
	}
	if old, recent := countOf(t, c, alpha, 0, 400), countOf(t, c, alpha, 400, 500); old != 0 || recent != keep {
		t.Errorf("want the last %d rows, got %d and %d of those before", keep, recent, old)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.Rows != keep {
		t.Errorf("got %+v, %v", info, err)
	}
	if good, damage, err := c.Verify(t.Context()); good != keep || damage != nil || err != nil {
		t.Errorf("verify: got %d, %v, %v", good, damage, err)
	}
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, Config{})
	put(t, c, alpha, 0, 300)
	put(t, c, beta, 0, 100)
	before := fileSize(t, c)
	if err := c.Prune(t.Context(), Pruning{Members: [][32]byte{alpha}}); err != nil {
		t.Fatal(err)
	}
	if a, b := countOf(t, c, alpha, 0, 300), countOf(t, c, beta, 0, 100); a != 0 || b != 100 {
		t.Errorf("without alpha: got %d and %d rows", a, b)
	}
	if after := fileSize(t, c); after >= before {
		t.Errorf("want a smaller file than %d bytes, got %d", before, after)
	}
	if err := c.Prune(t.Context(), Pruning{MaxBytes: 30 * (rowHead + 4*testWidth), MaxAge: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if n := countOf(t, c, beta, 70, 100); n != 30 || countOf(t, c, beta, 0, 100) != 30 {
		t.Errorf("want the last 30 rows, got %d of them", n)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.Rows != 30 {
		t.Errorf("got %+v, %v", info, err)
	}
	put(t, c, beta, 0, 70)
	if n := countOf(t, c, beta, 0, 100); n != 100 {
		t.Errorf("want 100 rows again, got %d", n)
	}
	if err := c.Prune(t.Context(), Pruning{MaxAge: -1}); err == nil {
		t.Error("want an error for a negative age")
	}
	if err := newCache(t, t.TempDir(), Config{}).Prune(t.Context(), Pruning{}); err != nil {
		t.Errorf("an empty cache: %v", err)
	}
}

func fileSize(t testing.TB, c *Cache) int64 {
	t.Helper()
	info, err := os.Stat(c.path())
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, Config{})
	put(t, c, alpha, 0, 10)
	before, err := os.ReadFile(c.path())
	if err != nil {
		t.Fatal(err)
	}
	r := newCache(t, dir, Config{ReadOnly: true})
	put(t, r, alpha, 10, 200)
	if n := countOf(t, r, alpha, 0, 200); n != 10 {
		t.Errorf("want the 10 rows that were there, got %d", n)
	}
	after, err := os.ReadFile(c.path())
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("a read-only cache changed its file: %v", err)
	}
	missing := newCache(t, filepath.Join(dir, "missing"), Config{ReadOnly: true})
	if has(t, missing, alpha, 0) {
		t.Error("a missing folder has a row")
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("a read-only cache made a folder")
	}
}

func TestAnotherProcessHoldsTheFile(t *testing.T) {
	dir := t.TempDir()
	c := newCache(t, dir, Config{})
	put(t, c, alpha, 0, 1)
	unlock, err := c.turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short := newCache(t, dir, Config{Wait: 20 * time.Millisecond})
	_, err = short.get(t.Context(), alpha, digest(0), make([]float32, testWidth))
	if err == nil || !strings.Contains(err.Error(), fileName+": in use by another process: waited 20ms") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.update(ctx, nil, nil); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
	waiting := make(chan string, 1)
	patient := newCache(t, dir, Config{Waiting: func(s string) {
		waiting <- s
		unlock()
	}})
	if !has(t, patient, alpha, 0) {
		t.Error("want the row in the end")
	}
	if s := <-waiting; !strings.Contains(s, c.path()) {
		t.Errorf("want the file in the message, got %q", s)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, config := range []Config{{MaxBytes: -1}, {Wait: -1}} {
		if _, err := Open(t.TempDir(), config); err == nil {
			t.Errorf("%+v: want an error", config)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "below"), Config{}); err == nil {
		t.Error("want an error for a folder below a file")
	}
}
