package stack

import (
	"context"
	"errors"
	"iter"

	"github.com/cairnml/cairn/data"
)

// Row is the features of one photo or of one of its variants.
type Row struct {
	Photo    data.Photo
	Index    int       // place of the photo in the list, from 0
	Variant  int       // 0 = the photo itself
	Features []float32 // [Stack.Features], valid until the next row
	Digest   [32]byte  // SHA-256 of the photo's file
	Cached   bool      // nothing had to be computed
}

// Stream computes the features of photos, one row after another in the order of
// the list, each photo before its variants. Photos are read and decoded while
// those before them run; memory does not grow with their number.
//
// An error ends the rows, after all those before it: a [PhotoError] for a photo
// that can't be read or decoded, unless Extraction.SkipBad is set; that of the
// source, the cache or a backbone; or that of the context, within 100 ms after it
// ended, if the source's functions heed it. When the loop is over, nothing uses
// the source or the cache any more.
func (s *Stack) Stream(ctx context.Context, source data.Source, e Extraction) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if source.Photos == nil || source.Read == nil {
			yield(Row{}, errors.New("stack: source: want the functions Photos and Read, got nil"))
			return
		}
		if err := e.check(); err != nil {
			yield(Row{}, err)
			return
		}
		p := newPipeline(s, source, e.withDefaults())
		defer p.start(ctx)()
		m := newMeter(source.Total)
		for t := range p.results {
			if ctx.Err() != nil {
				break
			}
			bad, isBad := t.err.(*PhotoError)
			switch {
			case t.err == nil:
				for i, features := range t.features {
					row := Row{Photo: t.photo, Index: t.index, Variant: i, Features: features, Digest: t.digest, Cached: t.cached()}
					if !yield(row, nil) {
						return
					}
				}
			case isBad && e.SkipBad != nil:
				e.SkipBad(bad)
			default:
				yield(Row{}, t.err)
				return
			}
			m.count(t.cached(), isBad)
			if e.Progress != nil {
				e.Progress(m.now())
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Row{}, err)
		}
	}
}
