package stack

import (
	"context"
	"errors"

	"github.com/cairnml/cairn/data"
)

// Extract computes the features of all photos of a set, in its order:
// [len(set.Photos)·(1 + Variants), Features]. At the first photo that can't be
// read, unless SkipBad is set, or when the context ends, it stops with an error
// that names the file and returns the rows finished until then. It holds all
// features in memory; [Stack.Stream] does not.
func (s *Stack) Extract(ctx context.Context, set *data.Set, e Extraction) (*data.Features, error) {
	if set == nil || len(set.Photos) == 0 {
		return nil, errors.New("stack: no photos to extract features from")
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	rows := len(set.Photos) * (1 + e.Variants)
	f := &data.Features{X: make([]float32, 0, rows*s.width), Width: s.width, Classes: set.Classes, Source: s.Fingerprint()}
	for row, err := range s.Stream(ctx, set.Source(), e) {
		if err != nil {
			return f, err
		}
		f.X = append(f.X, row.Features...)
		f.Labels = append(f.Labels, row.Photo.Class)
		f.Files = append(f.Files, row.Photo.File)
	}
	return f, nil
}
