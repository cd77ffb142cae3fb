package cache

import (
	"bytes"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/hostile"
)

// FuzzRow decodes rows. What is taken for one must be what encode makes of it.
func FuzzRow(f *testing.F) {
	good := row{photo: digest(1), member: alpha, at: 1700000000, values: valuesOf(features(alpha, 1))}
	f.Add(uint64(7), good.encode(7))
	f.Add(uint64(8), good.encode(7))
	f.Add(uint64(7), good.encode(7)[:rowHead])
	f.Add(uint64(0), []byte{})
	f.Fuzz(func(t *testing.T, number uint64, b []byte) {
		r, err := decodeRow(number, b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.encode(number), b) {
			t.Errorf("row %d: encoded again, it differs", number)
		}
	})
}

// FuzzFile changes bytes of a file, 6 of the input each: four for the place and
// two for what is put there. Whatever they are, features that are found are right,
// and all are there when what was not found was computed again.
func FuzzFile(f *testing.F) {
	whole := wholeFile(f)
	for _, list := range changes(whole, 3) {
		for _, c := range list[:min(3, len(list))] {
			at := order.AppendUint32(nil, uint32(c.at))
			f.Add(append(at, append(c.bytes, 0)[:2]...), true)
		}
	}
	f.Add([]byte{}, false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, edits []byte, mend bool) {
		changed := append([]byte(nil), whole...)
		for ; len(edits) >= 6; edits = edits[6:] {
			copy(changed[int(order.Uint32(edits))%len(changed):], edits[4:6])
		}
		if mend { // or all changed heads would be refused at once
			for _, at := range []int{0, os.Getpagesize()} {
				sum := fnv.New64a()
				sum.Write(changed[at+pageHead : at+pageHead+56])
				order.PutUint64(changed[at+pageHead+56:], sum.Sum64())
			}
		}
		if err := os.WriteFile(filepath.Join(dir, fileName), changed, 0o666); err != nil {
			t.Fatal(err)
		}
		hostile.Read(t, len(changed), func() {
			looked := newCache(t, dir, Config{ReadOnly: true})
			if _, err := looked.Info(t.Context()); err != nil && !damaged(err) {
				t.Error(err)
			}
			if _, _, err := looked.Verify(t.Context()); err != nil && !damaged(err) {
				t.Error(err)
			}
		})
		damageOne(t, dir, changed, damageRows)
		for range 2 { // what a damaged index forgets is noticed when it is used
			content, err := os.ReadFile(filepath.Join(dir, fileName))
			if err != nil {
				t.Fatal(err)
			}
			damageOne(t, dir, content, damageRows)
		}
		if n := countOf(t, newCache(t, dir, Config{}), alpha, 0, damageRows); n != damageRows {
			t.Errorf("want all rows after they were computed again, got %d", n)
		}
	})
}
