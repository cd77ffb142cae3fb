package stack

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"

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
	// Progress, if not nil, is called after each photo, from the goroutine that
	// called Extract.
	Progress func(done, total int)
}

// readAhead is how many decoded photos may wait for the backbones.
const readAhead = 4

// Extract computes the features of all photos of a set, in its order:
// [len(set.Photos)·(1 + Variants), Features]. Photos are decoded while the one before runs. At
// the first photo that can't be read, or when the context ends, it stops with an
// error that names the file and returns the rows finished until then.
func (s *Stack) Extract(ctx context.Context, set *data.Set, e Extraction) (*data.Features, error) {
	if set == nil || len(set.Photos) == 0 {
		return nil, errors.New("stack: no photos to extract features from")
	}
	if e.Variants < 0 {
		return nil, fmt.Errorf("stack: variants: want 0 or above, got %d", e.Variants)
	}
	total := len(set.Photos)
	f := &data.Features{X: make([]float32, 0, total*(1+e.Variants)*s.width), Width: s.width, Classes: set.Classes, Source: s.Fingerprint()}

	ctx, cancel := context.WithCancel(ctx)
	photos := s.decoded(ctx, set)
	defer func() {
		cancel()
		for range photos { // nothing reads the set's files after Extract
		}
	}()
	done := 0
	for photo := range photos {
		rows, err := s.rows(ctx, photo, e)
		if err != nil {
			return f, fmt.Errorf("stack: photo %d of %d: %w", done+1, total, err)
		}
		f.X = append(f.X, rows...)
		for range 1 + e.Variants {
			f.Labels = append(f.Labels, photo.Class)
			f.Files = append(f.Files, photo.File)
		}
		done++
		if e.Progress != nil {
			e.Progress(done, total)
		}
	}
	if err := ctx.Err(); err != nil {
		return f, err
	}
	return f, nil
}

// rows computes the features of a photo and its variants.
func (s *Stack) rows(ctx context.Context, photo decodedPhoto, e Extraction) ([]float32, error) {
	if photo.err != nil {
		return nil, photo.err
	}
	rows := make([]float32, (1+e.Variants)*s.width)
	for i := range 1 + e.Variants {
		rgb := photo.rgb
		if i > 0 {
			rgb = e.Augmentation.Apply(rgb, variantSeed(e.Seed, photo.File, i))
		}
		if err := s.describe(ctx, rgb, rows[i*s.width:(i+1)*s.width]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// variantSeed is another number for every photo and variant.
func variantSeed(seed uint64, file string, variant int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", seed, variant, file)
	return h.Sum64()
}

type decodedPhoto struct {
	data.Photo
	rgb *data.RGB
	err error
}

// decoded reads the set's photos ahead of the reader of the channel, in order.
// It ends with the context.
func (s *Stack) decoded(ctx context.Context, set *data.Set) <-chan decodedPhoto {
	photos := make(chan decodedPhoto, readAhead)
	go func() {
		defer close(photos)
		for _, p := range set.Photos {
			rgb, err := s.decoder.ReadImage(set.FS, p.File)
			select {
			case photos <- decodedPhoto{p, rgb, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return photos
}
