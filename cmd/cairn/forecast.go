package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// sampled is how many photos are computed to tell the time of the others.
const sampled = 16

// A need is what one member still has to compute.
type need struct {
	photos  int
	samples []data.Photo
}

// forecast prints what an extraction would do.
func (e *extraction) forecast(ctx context.Context, out io.Writer, s *stack.Stack, set *data.Set, kept *keeping) error {
	needs, bytes, bad, err := lookUp(ctx, s, set, kept.cache)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d photos of %d classes, %.1f MB\n", len(set.Photos), len(set.Classes), float64(bytes)/1e6)
	if bad > 0 {
		fmt.Fprintf(out, "%d of them can't be read\n", bad)
	}
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "model\tin the cache\tto compute\ttime")
	var total time.Duration
	grows := 0
	for i, m := range s.Members() {
		took := time.Duration(0)
		if needs[i].photos > 0 {
			each, err := secondsEach(ctx, e.members.backbones[i], set, needs[i].samples)
			if err != nil {
				return err
			}
			took = time.Duration(each * float64(needs[i].photos) * float64(time.Second))
		}
		total += took
		grows += needs[i].photos * 4 * m.Features
		fmt.Fprintf(t, "%s\t%d\t%d\t%v\n", m.Name, len(set.Photos)-bad-needs[i].photos, needs[i].photos, took.Round(time.Second))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	rows := len(set.Photos) - bad
	fmt.Fprintf(out, "about %v in all\n", total.Round(time.Second))
	fmt.Fprintf(out, "%s: features %d×%d, %.1f MB\n", e.out, rows, s.Features(), float64(rows*s.Features()*4)/1e6)
	if e.cache != noCache {
		fmt.Fprintf(out, "the cache grows by %.1f MB\n", float64(grows)/1e6)
	}
	return nil
}

// lookUp reads all photos and asks the cache for each. Photos that can't be read
// are counted as bad; whether they can be decoded is not tried.
func lookUp(ctx context.Context, s *stack.Stack, set *data.Set, kept stack.Cache) (needs []need, bytes int64, bad int, err error) {
	members := s.Members()
	needs = make([]need, len(members))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var wait sync.WaitGroup
	photos := make(chan data.Photo)
	for range 2 * runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			row := make([]float32, s.Features())
			for p := range photos {
				content, err := set.Read(ctx, p)
				missing := make([]bool, len(members))
				if err == nil {
					digest := sha256.Sum256(content)
					for i, m := range members {
						has := false
						if kept != nil {
							if has, err = kept.Get(ctx, i, digest, row[:m.Features]); err != nil {
								cancel(err)
								break
							}
						}
						missing[i] = !has
					}
				}
				mu.Lock()
				bytes += int64(len(content))
				if content == nil {
					bad++
				}
				for i, m := range missing {
					if !m {
						continue
					}
					if needs[i].photos++; len(needs[i].samples) < sampled {
						needs[i].samples = append(needs[i].samples, p)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range set.Photos {
		if ctx.Err() != nil {
			break
		}
		photos <- p
	}
	close(photos)
	wait.Wait()
	return needs, bytes, bad, context.Cause(ctx)
}

// secondsEach measures how long one backbone takes for a photo, decoding included.
func secondsEach(ctx context.Context, b *backbones.Backbone, set *data.Set, samples []data.Photo) (float64, error) {
	s, err := stack.New(b) // not to be closed: the backbone is another stack's
	if err != nil {
		return 0, err
	}
	part := &data.Set{FS: set.FS, Photos: samples, Classes: set.Classes}
	var begin time.Time
	for range 2 { // the first warms up
		begin = time.Now()
		for _, err := range s.Stream(ctx, part.Source(), stack.Extraction{SkipBad: func(*stack.PhotoError) {}}) {
			if err != nil {
				return 0, err
			}
		}
	}
	return time.Since(begin).Seconds() / float64(len(samples)), nil
}
