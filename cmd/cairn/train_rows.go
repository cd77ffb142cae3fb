package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/stack"
)

// trainingRows is what is trained on.
type trainingRows struct {
	features *data.Features
	stack    *stack.Stack // that made them; nil if nobody knows
	photos   fs.FS        // where their files lie; nil if there are none
	file     io.Closer    // of the features; nil if they are in memory
}

func (r *trainingRows) Close() error {
	var errs []error
	if r.stack != nil {
		errs = append(errs, r.stack.Close())
	}
	if r.file != nil {
		errs = append(errs, r.file.Close())
	}
	return errors.Join(errs...)
}

// rows extracts the features of --photos or opens those of --features.
func (t *training) rows(ctx context.Context, out io.Writer) (_ *trainingRows, err error) {
	var r trainingRows
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	var set *data.Set
	if t.photos != "" {
		if set, err = openPhotos(t.photos); err != nil {
			return nil, err
		}
		r.photos = set.FS
	}
	if t.stored != "" {
		if r.features, r.file, err = data.MapFeatures(t.stored); err != nil {
			return nil, fmt.Errorf("--features: %w", err)
		}
		fmt.Fprintf(out, "%d rows of %d classes\n", r.features.Len(), len(r.features.Classes))
		if r.features.Source == "" {
			return &r, nil
		}
	} else {
		fmt.Fprintf(out, "%d photos of %d classes\n", len(set.Photos), len(set.Classes))
	}
	if r.stack, err = t.open(ctx); err != nil {
		return nil, err
	}
	if t.stored == "" {
		r.features, err = t.features(ctx, out, r.stack, set)
	} else if source := r.stack.Fingerprint(); r.features.Source != source {
		err = fmt.Errorf("--features %s: want features of the stack of --models, --weights and --size, with fingerprint %s, got those of %s", t.stored, source, r.features.Source)
	}
	return &r, err
}

// save writes the classifier into the folder dir, or the head alone where there
// is no stack.
func (r *trainingRows) save(out io.Writer, h *head.Head, dir string) error {
	if r.stack != nil {
		return (&stack.Classifier{Stack: r.stack, Head: h}).Save(dir)
	}
	folder := filepath.Join(dir, "head")
	fmt.Fprintf(out, "the features do not say which stack made them: %s is a head without backbones\n", folder)
	return h.Save(folder)
}

// features takes those in the output folder if they are of the same photos and
// stack, and extracts them otherwise.
func (t *training) features(ctx context.Context, out io.Writer, s *stack.Stack, set *data.Set) (*data.Features, error) {
	dir := filepath.Join(t.out, "features")
	if f, err := data.OpenFeatures(os.DirFS(dir)); err == nil && f.Source == s.Fingerprint() && sameRows(f, set) {
		fmt.Fprintln(out, "features from", dir)
		return f, nil
	}
	last := time.Now()
	f, err := s.Extract(ctx, set, stack.Extraction{Progress: func(p stack.Progress) {
		if now := time.Now(); p.Done == p.Total || now.Sub(last) > 5*time.Second {
			last = now
			fmt.Fprintf(out, "features of %d of %d photos, %.1f a second, %v left\n", p.Done, p.Total, p.Rate, p.Left.Round(time.Second))
		}
	}})
	if err != nil {
		return nil, err
	}
	return f, f.Save(dir)
}

func sameRows(f *data.Features, set *data.Set) bool {
	if f.Len() != len(set.Photos) || len(f.Files) != f.Len() || !slices.Equal(f.Classes, set.Classes) {
		return false
	}
	for i, p := range set.Photos {
		if f.Files[i] != p.File || f.Labels[i] != p.Class {
			return false
		}
	}
	return true
}
