package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

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
func (t *training) rows(ctx context.Context, out, status io.Writer) (_ *trainingRows, err error) {
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
		r.features, r.file, err = t.features(ctx, status, r.stack, set)
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

// features extracts those of the photos into the output folder and opens them.
func (t *training) features(ctx context.Context, status io.Writer, s *stack.Stack, set *data.Set) (*data.Features, io.Closer, error) {
	dir := filepath.Join(t.out, "features")
	r, err := newReporter("auto", io.Discard, status)
	if err != nil {
		return nil, nil, err
	}
	kept, err := t.openCache(s, dir, status)
	if err != nil {
		return nil, nil, err
	}
	_, err = s.ExtractTo(ctx, dir, set.Source(), set.Classes, stack.Extraction{Cache: kept.cache, Progress: r.progress})
	r.end("")
	if err := errors.Join(err, kept.Close()); err != nil {
		return nil, nil, t.interrupted(err)
	}
	return data.MapFeatures(dir)
}
