package stack

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

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
	f := s.emptyFeatures(set.Classes)
	f.X = make([]float32, 0, rows*s.width)
	for row, err := range s.Stream(ctx, set.Source(), e) {
		if err != nil {
			return f, err
		}
		f.X = append(f.X, row.Features...)
		f.Labels = append(f.Labels, row.Photo.Class)
		f.Files = append(f.Files, row.Photo.File)
		f.Digests = append(f.Digests, row.Digest)
	}
	return f, nil
}

// ExtractTo is [Stack.Extract] into a folder, as [data.Features.Save] writes it,
// for any number of photos: features never are in memory together. It returns the
// number of rows. After an error the folder has what it had before; with a cache
// the next call goes on where this one ended.
func (s *Stack) ExtractTo(ctx context.Context, dir string, source data.Source, classes []string, e Extraction) (rows int, err error) {
	w, err := data.CreateFeatures(dir, s.emptyFeatures(classes))
	if err != nil {
		return 0, fmt.Errorf("stack: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for row, err := range s.Stream(ctx, source, e) {
		if err != nil {
			return rows, err
		}
		if err := w.Append(row.Features, row.Photo.Class, row.Photo.File, row.Digest); err != nil {
			return rows, fmt.Errorf("stack: %w", err)
		}
		rows++
	}
	if err := w.Commit(); err != nil {
		return rows, fmt.Errorf("stack: %w", err)
	}
	return rows, nil
}

// emptyFeatures is features of this stack before their first row.
func (s *Stack) emptyFeatures(classes []string) *data.Features {
	f := &data.Features{Width: s.width, Classes: classes, Source: s.Fingerprint()}
	for _, m := range s.Members() {
		f.Members = append(f.Members, data.FeatureMember{Name: m.Name, Features: m.Features, Fingerprint: hex.EncodeToString(m.Fingerprint[:])})
	}
	return f
}
