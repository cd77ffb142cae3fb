package cache

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// damageOne opens a cache on the changed file and computes everything anew that
// is not found, and then one more photo, as an extraction does.
func damageOne(t *testing.T, dir string, content []byte, rows int) (reports []error, found int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, fileName), content, 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, Config{Damaged: func(err error) { reports = append(reports, err) }})
	if err != nil {
		t.Fatal(err)
	}
	c.noSync = true
	photos, computed := [][32]byte{digest(rows)}, features(alpha, rows)
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

// damageRows is how many rows the damaged files have: enough for branches.
const damageRows = 150

// wholeFile is what a file with that many rows holds, from several transactions.
func wholeFile(t testing.TB) []byte {
	t.Helper()
	c := newCache(t, t.TempDir(), Config{})
	for i := 0; i < damageRows; i += 50 {
		put(t, c, alpha, i, i+50)
	}
	whole, err := os.ReadFile(c.path())
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// A change is bytes that are not as they were written.
type change struct {
	at    int
	bytes []byte
}

// changes are single bytes of each kind of page, in its head, its elements and
// elsewhere, and what sends bbolt in circles or over memory.
func changes(whole []byte, each int) map[string][]change {
	r := rand.New(rand.NewPCG(1, 2))
	all := map[string][]change{}
	size := os.Getpagesize()
	kinds := map[uint16]string{branchPage: "branch", leafPage: "leaf", 0x04: "meta", freelistPage: "freelist"}
	byKind := map[string][]int{}
	for at := 0; at < len(whole); at += size {
		if kind := kinds[order.Uint16(whole[at+8:])]; kind != "" && int(order.Uint64(whole[at:])) == at/size {
			byKind[kind] = append(byKind[kind], at)
		}
	}
	number := func(n uint64, bytes int) []byte {
		b := make([]byte, 8)
		order.PutUint64(b, n)
		return b[:bytes]
	}
	for kind, places := range byKind {
		for i := range each {
			page := places[r.IntN(len(places))]
			end := []int{pageHead, pageHead + 16*elementHead, size}[i%3]
			at := page + r.IntN(end)
			all[kind] = append(all[kind], change{at, []byte{whole[at] ^ byte(1+r.IntN(255))}})
		}
		for _, page := range places {
			all[kind+" of four billion pages"] = append(all[kind+" of four billion pages"], change{page + 12, number(1<<32-1, 4)})
			all[kind+" of some pages"] = append(all[kind+" of some pages"], change{page + 12, number(2, 4)})
			all[kind+" of 65,535 elements"] = append(all[kind+" of 65,535 elements"], change{page + 10, number(65535, 2)})
			all[kind+" of another kind"] = append(all[kind+" of another kind"], change{page + 8, number(branchPage+leafPage+freelistPage-uint64(order.Uint16(whole[page+8:])), 2)})
		}
	}
	for _, page := range byKind["branch"] {
		for child := range int(order.Uint16(whole[page+10:])) {
			for _, to := range []uint64{uint64(page / size), 3, 1 << 40} {
				all["circle"] = append(all["circle"], change{page + pageHead + child*elementHead + 8, number(to, 8)})
			}
		}
	}
	for _, page := range byKind["freelist"] {
		for i := range int(order.Uint16(whole[page+10:])) {
			for _, to := range []uint64{3, 6, 1 << 40} { // pages in use among them
				all["free"] = append(all["free"], change{page + pageHead + 8*i, number(to, 8)})
			}
		}
	}
	return all
}

func TestFlippedBytes(t *testing.T) {
	whole := wholeFile(t)
	each := 20
	if testing.Short() {
		each = 8
	}
	for kind, list := range changes(whole, each) {
		t.Run(kind, func(t *testing.T) {
			named, recomputed := 0, 0
			dir := t.TempDir()
			for _, c := range list {
				changed := append([]byte(nil), whole...)
				copy(changed[c.at:], c.bytes)
				reports, found := damageOne(t, dir, changed, damageRows)
				if len(reports) > 0 {
					named++
					if !strings.Contains(reports[0].Error(), fileName) || !strings.Contains(reports[0].Error(), "damaged") {
						t.Errorf("byte %d: want the file's name in %v", c.at, reports[0])
					}
				}
				if found < damageRows {
					recomputed++
				}
				// A damaged index may forget rows that were there when it was used first.
				content, err := os.ReadFile(filepath.Join(dir, fileName))
				if err != nil {
					t.Fatal(err)
				}
				damageOne(t, dir, content, damageRows)
				if n := countOf(t, newCache(t, dir, Config{}), alpha, 0, damageRows); n != damageRows {
					t.Errorf("byte %d: want all rows after they were computed again, got %d; reports %v", c.at, n, reports)
				}
			}
			t.Logf("%d changes, %d reported, %d with rows to compute again", len(list), named, recomputed)
		})
	}
}
