package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/cairnml/cairn/data"
)

// Extraction says how features are extracted. The zero value is right for most.
type Extraction struct {
	// Progress, if not nil, is called after each photo, from the goroutine that
	// called Extract.
	Progress func(done, total int)
}

// readAhead is how many decoded photos may wait for the backbones.
const readAhead = 4

// Extract computes the features of all photos of a set, in its order:
// [len(set.Photos), Features]. Photos are decoded while the one before runs. At
// the first photo that can't be read, or when the context ends, it stops with an
// error that names the file and returns the rows finished until then.
func (s *Stack) Extract(ctx context.Context, set *data.Set, e Extraction) (*data.Features, error) {
	if set == nil || len(set.Photos) == 0 {
		return nil, errors.New("stack: no photos to extract features from")
	}
	total := len(set.Photos)
	f := &data.Features{X: make([]float32, 0, total*s.width), Width: s.width, Classes: set.Classes, Source: s.Fingerprint()}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for photo := range decoded(ctx, set) {
		row := make([]float32, s.width)
		err := photo.err
		if err == nil {
			err = s.describe(ctx, photo.rgb, row)
		}
		if err != nil {
			return f, fmt.Errorf("stack: photo %d of %d: %w", len(f.Labels)+1, total, err)
		}
		f.X = append(f.X, row...)
		f.Labels = append(f.Labels, photo.Class)
		f.Files = append(f.Files, photo.File)
		if e.Progress != nil {
			e.Progress(len(f.Labels), total)
		}
	}
	if err := ctx.Err(); err != nil {
		return f, err
	}
	return f, nil
}

type decodedPhoto struct {
	data.Photo
	rgb *data.RGB
	err error
}

// decoded reads the set's photos ahead of the reader of the channel, in order.
// It ends with the context.
func decoded(ctx context.Context, set *data.Set) <-chan decodedPhoto {
	photos := make(chan decodedPhoto, readAhead)
	go func() {
		defer close(photos)
		for _, p := range set.Photos {
			rgb, err := data.ReadImage(set.FS, p.File)
			select {
			case photos <- decodedPhoto{p, rgb, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return photos
}
