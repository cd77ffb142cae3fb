package cache

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"time"
)

// Info says what a cache holds.
type Info struct {
	Path           string
	FileBytes      int64 // of the whole file
	Rows, Bytes    int64 // of the rows, as Config.MaxBytes counts
	Oldest, Newest time.Time
	Members        []MemberInfo // those with the most bytes first
}

// MemberInfo says what a cache holds of one member.
type MemberInfo struct {
	Fingerprint [32]byte // of stack.Member
	About       string
	Rows, Bytes int64
}

// Info returns what the cache holds. A cache that was never written to is empty.
func (c *Cache) Info(ctx context.Context) (Info, error) {
	info := Info{Path: c.path()}
	if f, err := os.Stat(c.path()); err == nil {
		info.FileBytes = f.Size()
	}
	err := c.view(ctx, func(t *tree) error {
		tallies, err := talliesOf(t)
		if err != nil {
			return err
		}
		for fingerprint, t := range tallies {
			info.Members = append(info.Members, MemberInfo{fingerprint, t.About, t.Rows, t.Bytes})
			info.Rows, info.Bytes = info.Rows+t.Rows, info.Bytes+t.Bytes
		}
		if info.Oldest, err = timeOf(t.first()); err != nil {
			return err
		}
		info.Newest, err = timeOf(t.last())
		return err
	})
	slices.SortFunc(info.Members, func(a, b MemberInfo) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), bytes.Compare(a.Fingerprint[:], b.Fingerprint[:]))
	})
	return info, err
}

func timeOf(number, b []byte, err error) (time.Time, error) {
	if len(number) != 8 || err != nil {
		return time.Time{}, err
	}
	r, err := decodeRow(binary.BigEndian.Uint64(number), b)
	if err != nil {
		return time.Time{}, nil // Verify tells
	}
	return r.time(), nil
}

// Verify reads every row against its checksum and the index against the rows. It
// returns how many rows are good and what is damaged; err is about reading the
// file. Others may use the cache meanwhile. [Cache.Prune] removes what is damaged.
func (c *Cache) Verify(ctx context.Context) (good int, damage []error, err error) {
	const rowsAtOnce = 1000 // then others may write
	checks := []func(*tree, []byte) ([]byte, error){
		func(t *tree, from []byte) ([]byte, error) {
			return each(t, rowsBucket, from, rowsAtOnce, func(k, v []byte) {
				if err := checkRow(t, k, v); err != nil {
					damage = append(damage, err)
					return
				}
				good++
			})
		},
		func(t *tree, from []byte) ([]byte, error) {
			return each(t, indexBucket, from, rowsAtOnce, func(k, v []byte) {
				_, err := find(t, k)
				if b, _ := t.get(rowsBucket, v); damaged(err) && b == nil {
					damage = append(damage, err)
				}
			})
		},
		func(t *tree, _ []byte) ([]byte, error) {
			if _, err := talliesOf(t); err != nil {
				damage = append(damage, err)
			}
			return nil, nil
		},
	}
	for _, check := range checks {
		for next := []byte{}; next != nil; {
			if err := ctx.Err(); err != nil {
				return good, damage, err
			}
			from := next
			next = nil
			err := c.view(ctx, func(t *tree) (err error) {
				next, err = check(t, from)
				return err
			})
			if damagedWhole(err) {
				return good, append(damage, err), nil
			} else if err != nil {
				return good, damage, err
			}
		}
	}
	return good, damage, nil
}

// each calls f for at most n entries of a bucket from a key on, and returns the
// key to go on from, nil at the end.
func each(t *tree, bucket, from []byte, n int, f func(k, v []byte)) (next []byte, err error) {
	b, err := t.bucket(bucket)
	if b == nil || err != nil {
		return nil, err
	}
	if len(from) == 0 {
		if err := t.checkAll(bucket); err != nil {
			return nil, err
		}
	}
	cursor := b.Cursor()
	for k, v := cursor.Seek(from); k != nil; k, v = cursor.Next() {
		if n == 0 {
			return bytes.Clone(k), nil
		}
		n--
		f(k, v)
	}
	return nil, nil
}

// checkRow says whether a row is whole and the index leads to it.
func checkRow(t *tree, k, v []byte) error {
	if len(k) != 8 {
		return &damageError{fmt.Errorf("row %x: damaged: want a number of 8 bytes", k), false}
	}
	n := binary.BigEndian.Uint64(k)
	r, err := decodeRow(n, v)
	if err != nil {
		return &damageError{err, false}
	}
	if number, err := t.get(indexBucket, place(r.photo, r.member)); err != nil || !bytes.Equal(number, k) {
		return &damageError{fmt.Errorf("row %d (photo with SHA-256 %x): damaged: the index does not lead to it", n, r.photo), false}
	}
	return nil
}
