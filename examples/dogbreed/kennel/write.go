package kennel

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

// Options says how many photos to draw. The zero value draws the whole kennel:
// 12 breeds × 40 photos from seed 0.
type Options struct {
	Breeds int    // the first so many names of [Breeds], 1 to 12; 0 = all 12
	Photos int    // per breed; 0 = 40
	Seed   uint64 // equal seeds give equal files
}

// filled puts the defaults in.
func (o Options) filled() (Options, error) {
	if o.Breeds == 0 {
		o.Breeds = len(table)
	}
	if o.Photos == 0 {
		o.Photos = 40
	}
	if o.Breeds < 1 || o.Breeds > len(table) {
		return o, fmt.Errorf("kennel: breeds: want 1 to %d, got %d", len(table), o.Breeds)
	}
	if o.Photos < 1 {
		return o, fmt.Errorf("kennel: photos: want 1 or more per breed, got %d", o.Photos)
	}
	return o, nil
}

// entry is one row of labels.csv.
type entry struct {
	id           string
	breed, index int
}

// entries lists the photos round by round; each round holds one photo of every
// breed in random order, so that the last rows, which a training holds out,
// have all breeds.
func (o Options) entries() []entry {
	order := dice{rand.New(rand.NewPCG(o.Seed, 1<<63))}
	rows := make([]entry, 0, o.Breeds*o.Photos)
	for index := range o.Photos {
		for _, b := range order.Perm(o.Breeds) {
			id := fmt.Sprintf("%016x%016x", order.Uint64(), order.Uint64())
			rows = append(rows, entry{id, b, index})
		}
	}
	return rows
}

// Write draws the photos into dir/train/<id>.jpg and lists them in
// dir/labels.csv with the header id,breed. Folders are made as needed, files of
// the same name replaced. labels.csv comes last: where it is, the set is whole.
// The error names the file that could not be written.
func Write(dir string, opt Options) error {
	opt, err := opt.filled()
	if err != nil {
		return err
	}
	train := filepath.Join(dir, "train")
	if err := os.MkdirAll(train, 0o777); err != nil {
		return fmt.Errorf("kennel: %w", err)
	}
	rows := opt.entries()
	if err := writePhotos(train, opt.Seed, rows); err != nil {
		return err
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Write([]string{"id", "breed"})
	for _, r := range rows {
		w.Write([]string{r.id, table[r.breed].name})
	}
	w.Flush()
	return replace(filepath.Join(dir, "labels.csv"), text.Bytes(), true)
}

// writePhotos shares the rows among all cores and stops at the first failure
// of each.
func writePhotos(dir string, seed uint64, rows []entry) error {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		errs = make([]error, runtime.GOMAXPROCS(0))
	)
	for worker := range errs {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(rows) || errs[worker] != nil {
					return
				}
				errs[worker] = writePhoto(dir, seed, rows[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func writePhoto(dir string, seed uint64, row entry) error {
	name := filepath.Join(dir, row.id+".jpg")
	img, quality := photo(seed, row.breed, row.index)
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("kennel: %s: %w", name, err)
	}
	return replace(name, file.Bytes(), false)
}

// replace writes a file under a temporary name beside its own and renames it.
func replace(name string, content []byte, sync bool) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("kennel: %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("kennel: %s: %w", name, err)
		}
	}()
	_, err = f.Write(content)
	if err == nil && sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), os.Chmod(f.Name(), 0o644)); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
