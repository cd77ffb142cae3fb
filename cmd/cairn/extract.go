package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// extraction is the flags of cairn extract.
type extraction struct {
	members
	caching
	data, out, progress string
	skipBad, dryRun     bool
}

func newExtract() *cobra.Command {
	var e extraction
	c := &cobra.Command{
		Use:   "extract",
		Short: "Compute the features of labelled photos",
		Long: `Computes what the models make of labelled photos and writes it to --out:
features.npy (float32, a row a photo, the models' columns side by side),
labels.npy, ids.json, classes.json, sha256.txt and manifest.json. NumPy reads
them, and cairn train takes them.

Each photo goes through each model once. What was computed is kept in --cache, by
the photo's content and all that its features depend on, before the next batch.
A run that was killed goes on where it ended; another model, or more photos, cost
what they cost alone. The folder in --out is replaced as a whole, at the end.

` + exitCodes,
		Example: `  cairn extract --data dogs --out dogs-features
  cairn extract --data dogs/labels.csv --models resnet50v2,densenet121 --size 331 --weights weights --out dogs-features --skip-bad
  cairn extract --data dogs --models resnet50v2 --weights weights --out dogs-features --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr()) },
	}
	f := c.Flags()
	f.StringVar(&e.data, "data", "", "folder with labels.csv or with one folder a class, a table, a list, or a .zip or .tar of such a folder")
	e.members.addTo(f)
	f.StringVar(&e.out, "out", "", "folder to write to")
	e.caching.addTo(f)
	f.BoolVar(&e.skipBad, "skip-bad", false, "leave out what is wrong with the list, and photos that can't be read or decoded, and name them")
	f.BoolVar(&e.dryRun, "dry-run", false, "write nothing; tell how many photos are in the cache, and what the others will take")
	f.StringVar(&e.progress, "progress", "auto", "auto (a bar on a terminal, lines otherwise), bar, lines (one every 5 s), json (an object a line on standard output) or none")
	return c
}

func (e *extraction) run(ctx context.Context, out, status io.Writer) error {
	if e.data == "" || e.out == "" {
		return &exitError{exitUsage, errors.New("want --data DIR and --out DIR")}
	}
	reporter, err := newReporter(e.progress, out, status)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	set, err := data.Opener{SkipBad: e.skipBad, KeepRepeated: true}.Open(e.data)
	if err != nil {
		return fmt.Errorf("--data %s: %w", e.data, err)
	}
	defer set.Close()
	s, err := e.members.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	kept, err := e.openCache(s, e.out, status)
	if err != nil {
		return err
	}
	if e.dryRun {
		return errors.Join(e.forecast(ctx, out, s, set, kept), kept.Close())
	}
	err = e.extract(ctx, s, set, kept, reporter)
	if closed := kept.Close(); err == nil {
		err = closed
	}
	return e.interrupted(err)
}

func (e *extraction) extract(ctx context.Context, s *stack.Stack, set *data.Set, kept *keeping, r reporter) error {
	options := stack.Extraction{Cache: kept.cache, Progress: r.progress}
	left := bad{tell: r.message}
	for _, p := range set.Skipped {
		left.add(p)
	}
	if e.skipBad {
		options.SkipBad = func(err *stack.PhotoError) { left.add(err) }
	}
	rows, err := s.ExtractTo(ctx, e.out, set.Source(), set.Classes, options)
	if err != nil {
		r.end("")
		if p := (*stack.PhotoError)(nil); errors.As(err, &p) {
			err = fmt.Errorf("%w (--skip-bad goes on without it)", err)
		}
		return err
	}
	r.end(fmt.Sprintf("%s: features of %d photos, %d×%d", e.out, rows, rows, s.Features()))
	if left.count > 0 {
		return &exitError{exitSkipped, fmt.Errorf("%d of %d photos were left out", left.count, rows+left.count)}
	}
	return nil
}

// bad is photos that are left out.
type bad struct {
	count int
	tell  func(string)
}

func (b *bad) add(err error) {
	const named = 20
	if b.count++; b.count <= named {
		b.tell("left out: " + err.Error())
	}
}
