package stack_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// TestStreamEndsWithItsContext cancels while each of the stages waits.
func TestStreamEndsWithItsContext(t *testing.T) {
	set := painted(t, 40)
	block := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, prepare := range map[string]func(source *data.Source, e *stack.Extraction, cache *memory, reached func(context.Context) error){
		"list": func(source *data.Source, _ *stack.Extraction, _ *memory, reached func(context.Context) error) {
			all := source.Photos
			source.Photos = func(yield func(data.Photo, error) bool) {
				for p, err := range all {
					if p == set.Photos[20] {
						reached(nil)
					}
					if !yield(p, err) {
						return
					}
				}
			}
		},
		"reader": func(source *data.Source, _ *stack.Extraction, _ *memory, reached func(context.Context) error) {
			source.Read = func(ctx context.Context, p data.Photo) ([]byte, error) {
				if p == set.Photos[20] {
					return nil, reached(ctx)
				}
				return set.Read(ctx, p)
			}
		},
		"cache get": func(_ *data.Source, e *stack.Extraction, cache *memory, reached func(context.Context) error) {
			e.Cache = cache
			cache.onGet = func(ctx context.Context, n int) error {
				if n == 20 {
					return reached(ctx)
				}
				return nil
			}
		},
		"cache put": func(_ *data.Source, e *stack.Extraction, cache *memory, reached func(context.Context) error) {
			e.Cache = cache
			cache.onPut = func(ctx context.Context, n int) error {
				if n == 20 {
					return reached(ctx)
				}
				return nil
			}
		},
		"writer": func(_ *data.Source, e *stack.Extraction, _ *memory, reached func(context.Context) error) {
			e.Progress = func(p stack.Progress) {
				if p.Done == 20 {
					reached(nil)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := pair(t)
			ignore := goleak.IgnoreCurrent()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var at time.Time
			reached := func(stage context.Context) error {
				if stage == nil {
					at = time.Now()
					cancel()
					return nil
				}
				time.AfterFunc(20*time.Millisecond, func() { at = time.Now(); cancel() })
				return block(stage)
			}
			source, e, cache := set.Source(), stack.Extraction{Batch: 4}, newMemory()
			prepare(&source, &e, cache, reached)
			var err error
			rows := 0
			for _, err = range s.Stream(ctx, source, e) {
				if err == nil {
					rows++
				}
			}
			if took := time.Since(at); !errors.Is(err, context.Canceled) || took > cancelled || rows > 20 {
				t.Errorf("got %d rows, %v, %v after the context ended", rows, err, took)
			}
			goleak.VerifyNone(t, ignore)
		})
	}
}

// TestStreamEndsWithItsLoop leaves the loop early, by break and by panic.
func TestStreamEndsWithItsLoop(t *testing.T) {
	s, set := pair(t), painted(t, 40)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, n := range []int{0, 1, 17, 39} {
		reading := 0
		var mu sync.Mutex
		source := set.Source()
		source.Read = func(ctx context.Context, p data.Photo) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			reading++
			return set.Read(ctx, p)
		}
		for row, err := range s.Stream(t.Context(), source, stack.Extraction{Batch: 4}) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Index == n {
				break
			}
		}
		mu.Lock()
		before := reading
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		if reading != before {
			t.Errorf("photo %d: %d photos read after the loop", n, reading-before)
		}
		mu.Unlock()
		func() {
			defer func() { recover() }()
			for row := range s.Stream(t.Context(), set.Source(), stack.Extraction{}) {
				if row.Index == n {
					panic("the writer")
				}
			}
		}()
	}
}

func TestStreamRefuses(t *testing.T) {
	s, set := pair(t), painted(t, 2)
	for name, c := range map[string]struct {
		source data.Source
		e      stack.Extraction
	}{
		"no photos": {data.Source{Read: set.Read}, stack.Extraction{}},
		"no reader": {data.Source{Photos: set.Source().Photos}, stack.Extraction{}},
		"batch":     {set.Source(), stack.Extraction{Batch: -1}},
		"readers":   {set.Source(), stack.Extraction{Readers: -1}},
	} {
		if rows, err := collect(t, s, c.source, c.e); err == nil || len(rows) != 0 {
			t.Errorf("%s: got %d rows, %v", name, len(rows), err)
		}
	}
	none := data.Source{Photos: func(func(data.Photo, error) bool) {}, Read: set.Read}
	if rows, err := collect(t, s, none, stack.Extraction{}); err != nil || len(rows) != 0 {
		t.Errorf("empty list: got %d rows, %v", len(rows), err)
	}
}
