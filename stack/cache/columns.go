package cache

import (
	"context"
	"encoding/hex"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// Columns makes a cache of features that were extracted before: what members of s
// have columns in them is taken from there for the same photos. Nothing is kept
// in it. The features must have Digests, or nothing is found.
func Columns(f *data.Features, s *stack.Stack) stack.Cache {
	// Names and labels are not held on to: there can be many.
	rows := &data.Features{X: f.X, Shards: f.Shards, Width: f.Width, Index: f.Index}
	c := columns{features: rows, rows: make(map[[32]byte]int, len(f.Digests))}
	for i, d := range f.Digests {
		c.rows[d] = i
	}
	for _, m := range s.Members() {
		at, first := -1, 0
		for _, old := range f.Members {
			if old.Fingerprint == hex.EncodeToString(m.Fingerprint[:]) {
				at = first
			}
			first += old.Features
		}
		c.first = append(c.first, at)
	}
	return c
}

type columns struct {
	features *data.Features
	rows     map[[32]byte]int // by digest
	first    []int            // column of each member, -1 where it has none
}

func (c columns) Get(_ context.Context, member int, photo [32]byte, dst []float32) (bool, error) {
	i, ok := c.rows[photo]
	if !ok || c.first[member] < 0 {
		return false, nil
	}
	copy(dst, c.features.Row(i)[c.first[member]:])
	return true, nil
}

func (columns) Put(context.Context, int, [][32]byte, []float32) error { return nil }

// First returns a cache that asks one after another until one has the features.
// All of them keep what is computed.
func First(caches ...stack.Cache) stack.Cache { return first(caches) }

type first []stack.Cache

func (f first) Get(ctx context.Context, member int, photo [32]byte, dst []float32) (bool, error) {
	for _, c := range f {
		if found, err := c.Get(ctx, member, photo, dst); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

func (f first) Put(ctx context.Context, member int, photos [][32]byte, features []float32) error {
	for _, c := range f {
		if err := c.Put(ctx, member, photos, features); err != nil {
			return err
		}
	}
	return nil
}
