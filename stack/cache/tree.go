package cache

import (
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// A tree is a transaction that looks at pages before bbolt does.
type tree struct {
	tx     *bolt.Tx
	pages  *pages            // as of the last commit
	roots  map[string]uint64 // of buckets, 0 if there are no pages to look at
	change bool
}

// bucket returns nil if there is none of that name.
func (t *tree) bucket(name []byte) (*bolt.Bucket, error) {
	if _, ok := t.roots[string(name)]; !ok {
		root, err := t.root(name)
		if err != nil {
			return nil, damagedPages(fmt.Errorf("bucket %s: %w", name, err))
		}
		t.roots[string(name)] = root
	}
	return t.tx.Bucket(name), nil
}

func (t *tree) root(name []byte) (uint64, error) {
	leaf, err := t.pages.checkPath(t.pages.root, name, t.change)
	if err != nil {
		return 0, err
	}
	b, err := leaf.bucket(name)
	if b == nil || err != nil {
		return 0, err
	}
	if root := order.Uint64(b); root != 0 {
		return root, nil
	}
	b = b[bucketHead:] // all of a small bucket is here, as a page
	if len(b) < pageHead || order.Uint16(b[8:]) != leafPage {
		return 0, errors.New("want a leaf")
	}
	small := page{elements: int(order.Uint16(b[10:])), bytes: b}
	return 0, small.check(uint64(len(b)), t.pages.count)
}

// check looks at the pages that lead to a key of a bucket.
func (t *tree) check(name, key []byte) error {
	if root := t.roots[string(name)]; root != 0 {
		if _, err := t.pages.checkPath(root, key, t.change); err != nil {
			return damagedPages(fmt.Errorf("bucket %s: %w", name, err))
		}
	}
	return nil
}

// checkAll looks at all pages of a bucket.
func (t *tree) checkAll(name []byte) error {
	if root := t.roots[string(name)]; root != 0 {
		if err := t.pages.checkTree(root); err != nil {
			return damagedPages(fmt.Errorf("bucket %s: %w", name, err))
		}
	}
	return nil
}

// get returns nil if there is no such key, or no bucket.
func (t *tree) get(name, key []byte) ([]byte, error) {
	b, err := t.bucket(name)
	if b == nil || err != nil {
		return nil, err
	}
	if err := t.check(name, key); err != nil {
		return nil, err
	}
	return b.Get(key), nil
}

// first and last return an entry of the rows, nil if there is none.
func (t *tree) first() (k, v []byte, err error) {
	rows, err := t.bucket(rowsBucket)
	if rows == nil || err != nil {
		return nil, nil, err
	}
	if err := t.check(rowsBucket, nil); err != nil {
		return nil, nil, err
	}
	k, v = rows.Cursor().First()
	return k, v, nil
}

func (t *tree) last() (k, v []byte, err error) {
	rows, err := t.bucket(rowsBucket)
	if rows == nil || err != nil {
		return nil, nil, err
	}
	if err := t.check(rowsBucket, lastNumber); err != nil {
		return nil, nil, err
	}
	k, v = rows.Cursor().Last()
	return k, v, nil
}

// lastNumber is the greatest key that rows can have.
var lastNumber = numberKey(1<<64 - 1)

func damagedPages(err error) error {
	return &damageError{fmt.Errorf("damaged: %w", err), true}
}
