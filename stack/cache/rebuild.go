package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// keepAll keeps every good row.
func keepAll(*row) bool { return true }

// rebuild replaces the file by one that has, in the same order, the good rows
// that keep wants and nothing else, the newest of them if there is a limit.
// Whoever calls it has the turn.
func (c *Cache) rebuild(ctx context.Context, keep func(*row) bool, limit int64) error {
	fresh := c.path() + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	dst, err := c.open(ctx, fresh, false)
	if err != nil {
		return err
	}
	err = c.copyRows(ctx, dst, keep, limit)
	if err := errors.Join(err, dst.close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return os.Rename(fresh, c.path())
}

// copyRows copies what can still be read.
func (c *Cache) copyRows(ctx context.Context, dst *handle, keep func(*row) bool, limit int64) error {
	src, err := c.open(ctx, c.path(), true)
	if damaged(err) {
		return nil
	} else if err != nil {
		return err
	}
	defer src.close() // nothing is written to it
	about := src.about()
	first, last := src.span()
	const batch = 256
	for n := first; n <= last; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var rows []row
		for ; n <= last && len(rows) < batch; n++ {
			if r := src.row(n); r != nil && keep(r) {
				rows = append(rows, *r)
			}
		}
		if err := dst.update(func(t *tree) error { return store(t, rows, about, limit) }); err != nil {
			return err
		}
	}
	return nil
}

// about is what the file knows of members.
func (h *handle) about() map[[32]byte]string {
	about := map[[32]byte]string{}
	_ = h.view(func(t *tree) error { // names of a damaged file may be lost
		tallies, _ := talliesOf(t)
		for m, of := range tallies {
			about[m] = of.About
		}
		return nil
	})
	return about
}

// span returns the numbers between which all rows lie.
func (h *handle) span() (first, last uint64) {
	info, err := h.file.Stat()
	if err != nil {
		return 1, 0
	}
	most := uint64(info.Size()) / rowHead // rows that find room
	last = h.number((*tree).last)
	first = h.number((*tree).first)
	if last == 0 { // the last page is damaged
		_ = h.view(func(t *tree) error {
			rows, err := t.bucket(rowsBucket)
			if rows != nil {
				last = rows.Sequence()
			}
			return err
		})
	}
	if first == 0 || last < first || last-first > most {
		first = 1 + last - min(last, most)
	}
	return first, last
}

// number returns a key of the rows, 0 if it can't be read.
func (h *handle) number(of func(*tree) (k, v []byte, err error)) (n uint64) {
	_ = h.view(func(t *tree) error {
		k, _, err := of(t)
		if len(k) == 8 {
			n = binary.BigEndian.Uint64(k)
		}
		return err
	})
	return n
}

// row returns a copy of the row of a number, nil if it is not there or damaged.
func (h *handle) row(n uint64) *row {
	var found *row
	_ = h.view(func(t *tree) error {
		b, err := t.get(rowsBucket, numberKey(n))
		if b == nil || err != nil {
			return err
		}
		r, err := decodeRow(n, append([]byte(nil), b...))
		if err != nil {
			return fmt.Errorf("row: %w", err)
		}
		found = &r
		return nil
	})
	return found
}
