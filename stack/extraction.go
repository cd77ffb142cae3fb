package stack

import (
	"context"
	"fmt"
	"runtime"

	"github.com/cairnml/cairn/data"
)

// Extraction says how features are extracted. The zero value is right for most.
type Extraction struct {
	// Variants is how many changed versions of a photo have a row of their own
	// behind that of the photo, with its label and name. Hold photos out before,
	// by [data.Set.Split], so that no photo is on both sides.
	Variants int
	// Augmentation changes them. What is drawn for a variant depends on Seed, the
	// photo's file name and the number of the variant alone.
	Augmentation data.Augmentation
	Seed         uint64

	// Batch is how many rows the backbones compute at a time; 0 = 4 for each core,
	// at most 32. Features do not depend on it.
	Batch int
	// Readers is how many photos are read at a time; 0 = 8. Storage that answers
	// late wants more.
	Readers int

	// Cache, if not nil, is asked for the features of each photo before it is
	// decoded, and keeps those that were computed. Variants are not cached.
	Cache Cache
	// SkipBad, if not nil, is told of each photo that can't be read or decoded,
	// which is then left out. Without it the first one ends the extraction.
	SkipBad func(*PhotoError)
	// Progress, if not nil, is called after each photo. Like SkipBad it runs on
	// the goroutine that called Extract or iterates over Stream.
	Progress func(Progress)
}

// Cache keeps features by the SHA-256 of the photo file and the member that made
// them, a number from 0 in the order of the stack. An implementation is made for
// one stack: it knows by what settings and weights of a member its rows are valid.
type Cache interface {
	// Get copies the features of a photo into dst, whose length is that of the
	// member's features, and says whether it had them. Several goroutines call it
	// at once. An error ends the extraction.
	Get(ctx context.Context, member int, photo [32]byte, dst []float32) (bool, error)
	// Put keeps what a member made of a batch, [len(photos), member's features]. No
	// photo is computed and no row of the batch handed out until it returns: who
	// is killed has to compute again what Put did not return from, a batch at most.
	// It must not hold on to either slice. One goroutine at a time calls it.
	Put(ctx context.Context, member int, photos [][32]byte, features []float32) error
}

// PhotoError is a photo that can't be read or decoded.
type PhotoError struct {
	Photo data.Photo
	Index int // its place in the list, from 0
	Total int // photos in the list, 0 if that is not known
	Err   error
}

func (e *PhotoError) Error() string {
	of := ""
	if e.Total > 0 {
		of = fmt.Sprintf(" of %d", e.Total)
	}
	return fmt.Sprintf("stack: photo %d%s: %s: %v", e.Index+1, of, e.Photo.File, e.Err)
}

// Unwrap returns the reason.
func (e *PhotoError) Unwrap() error { return e.Err }

func (e Extraction) check() error {
	for _, n := range []struct {
		name  string
		value int
	}{{"variants", e.Variants}, {"batch", e.Batch}, {"readers", e.Readers}} {
		if n.value < 0 {
			return fmt.Errorf("stack: %s: want 0 or above, got %d", n.name, n.value)
		}
	}
	return nil
}

func (e Extraction) withDefaults() Extraction {
	if e.Batch == 0 {
		e.Batch = min(4*runtime.GOMAXPROCS(0), 32)
	}
	if e.Readers == 0 {
		e.Readers = 8
	}
	return e
}
