package stack_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
)

// memory is a cache that counts.
type memory struct {
	mu         sync.Mutex
	rows       map[cacheKey][]float32
	gets, puts int
	onGet      func(ctx context.Context, n int) error
	onPut      func(ctx context.Context, n int) error
}

type cacheKey struct {
	member int
	photo  [32]byte
}

func newMemory() *memory {
	none := func(context.Context, int) error { return nil }
	return &memory{rows: make(map[cacheKey][]float32), onGet: none, onPut: none}
}

func (c *memory) Get(ctx context.Context, member int, photo [32]byte, dst []float32) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gets++
	row, ok := c.rows[cacheKey{member, photo}]
	return ok && copy(dst, row) == len(dst), c.onGet(ctx, c.gets)
}

func (c *memory) Put(ctx context.Context, member int, photos [][32]byte, features []float32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	width := len(features) / len(photos)
	for i, photo := range photos {
		c.puts++
		c.rows[cacheKey{member, photo}] = slices.Clone(features[i*width : (i+1)*width])
	}
	return c.onPut(ctx, c.puts)
}

// collect runs a stream to its end and returns clones of its rows.
func collect(t testing.TB, s *stack.Stack, source data.Source, e stack.Extraction) (rows []stack.Row, err error) {
	t.Helper()
	for row, err := range s.Stream(t.Context(), source, e) {
		if err != nil {
			return rows, err
		}
		row.Features = slices.Clone(row.Features)
		rows = append(rows, row)
	}
	return rows, nil
}

func TestStreamKeepsTheOrderOfTheList(t *testing.T) {
	s, set := pair(t), painted(t, 40)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	want, err := s.Extract(t.Context(), set, stack.Extraction{})
	if err != nil {
		t.Fatal(err)
	}
	late := set.Source()
	late.Read = func(ctx context.Context, p data.Photo) ([]byte, error) {
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		return set.Read(ctx, p)
	}
	for _, e := range []stack.Extraction{{}, {Batch: 1, Readers: 1}, {Batch: 3, Readers: 40}, {Batch: 100, Readers: 2}} {
		rows, err := collect(t, s, late, e)
		if err != nil || len(rows) != 40 {
			t.Fatalf("%+v: got %d rows, %v", e, len(rows), err)
		}
		for i, row := range rows {
			file, err := fs.ReadFile(set.FS, set.Photos[i].File)
			if err != nil {
				t.Fatal(err)
			}
			if row.Index != i || row.Photo != set.Photos[i] || row.Digest != sha256.Sum256(file) || row.Cached || !slices.Equal(row.Features, want.Row(i)) {
				t.Errorf("%+v: row %d: got photo %d %v with other content or features", e, i, row.Index, row.Photo)
			}
		}
	}
}

func TestStreamComputesWhatTheCacheLacks(t *testing.T) {
	s, set, cache := pair(t), painted(t, 30), newMemory()
	e := stack.Extraction{Cache: cache, Batch: 4}
	first, err := collect(t, s, set.Source(), e)
	if err != nil || cache.puts != 60 {
		t.Fatalf("got %d rows put, %v, want 2 of each of 30 photos", cache.puts, err)
	}
	var last stack.Progress
	e.Progress = func(p stack.Progress) { last = p }
	second, err := collect(t, s, set.Source(), e)
	if err != nil || cache.puts != 60 || last.Cached != 30 || last.Done != 30 {
		t.Errorf("again: got %d rows put, %+v, %v", cache.puts, last, err)
	}
	for key := range cache.rows { // all of the second member, and of the first those of some photos
		if key.member == 1 || key.photo[0] < 100 {
			delete(cache.rows, key)
		}
	}
	third, err := collect(t, s, set.Source(), e)
	if err != nil || last.Cached != 0 || cache.puts < 90 || cache.puts >= 120 {
		t.Errorf("a member more: got %d rows put, %+v, %v", cache.puts, last, err)
	}
	for i := range first {
		for _, row := range []stack.Row{second[i], third[i]} {
			if row.Index != i || row.Digest != first[i].Digest || !slices.Equal(row.Features, first[i].Features) {
				t.Errorf("photo %d: got other rows with the cache", i)
			}
		}
		if !second[i].Cached || third[i].Cached {
			t.Errorf("photo %d: cached: got %v, %v", i, second[i].Cached, third[i].Cached)
		}
	}
	e.Variants = 2
	e.Augmentation.RandomFlip = true
	puts := cache.puts
	varied, err := collect(t, s, set.Source(), e)
	if err != nil || len(varied) != 90 || cache.puts != puts {
		t.Fatalf("variants: got %d rows, %d put, %v", len(varied), cache.puts-puts, err)
	}
	for i, row := range varied {
		if row.Index != i/3 || row.Variant != i%3 || row.Variant == 0 && !slices.Equal(row.Features, first[i/3].Features) {
			t.Errorf("variants: row %d: got photo %d, variant %d", i, row.Index, row.Variant)
		}
	}
}

// errInjected is what the tests' own failures return.
var errInjected = errors.New("injected")

// TestStreamFails has each stage fail at photo 21 of 40.
func TestStreamFails(t *testing.T) {
	set := painted(t, 40)
	const at = 20 // from 0
	file := set.Photos[at].File
	bad := &data.Set{FS: fstest.MapFS{}, Photos: set.Photos, Classes: set.Classes}
	for name, f := range set.FS.(fstest.MapFS) {
		bad.FS.(fstest.MapFS)[name] = f
	}
	bad.FS.(fstest.MapFS)[file] = &fstest.MapFile{Data: []byte("not a photo")}

	for name, c := range map[string]struct {
		rows int // that come at least, and at most batch rows more
		want string
		run  func(source *data.Source, cache *memory, s *stack.Stack)
	}{
		"list": {at, "stack: source: photo 21: injected", func(source *data.Source, _ *memory, _ *stack.Stack) {
			source.Photos = func(yield func(data.Photo, error) bool) {
				for _, p := range set.Photos[:at] {
					if !yield(p, nil) {
						return
					}
				}
				yield(data.Photo{}, errInjected)
			}
		}},
		"reader": {at, "stack: photo 21 of 40: photo20.jpg: injected", func(source *data.Source, _ *memory, _ *stack.Stack) {
			source.Read = func(ctx context.Context, p data.Photo) ([]byte, error) {
				if p.File == file {
					return nil, errInjected
				}
				return set.Read(ctx, p)
			}
		}},
		"missing": {at, "stack: photo 21 of 40: photo20.jpg: data: open ", func(source *data.Source, _ *memory, _ *stack.Stack) {
			source.Read = func(ctx context.Context, p data.Photo) ([]byte, error) {
				if p.File == file {
					p.File = "nowhere"
				}
				return set.Read(ctx, p)
			}
		}},
		"decoder": {at, "stack: photo 21 of 40: photo20.jpg: data: not a photo", func(source *data.Source, _ *memory, _ *stack.Stack) {
			*source = bad.Source()
		}},
		"cache get": {0, "stack: cache: photo ", func(_ *data.Source, cache *memory, _ *stack.Stack) {
			cache.onGet = func(_ context.Context, n int) error {
				if n == 2*at {
					return errInjected
				}
				return nil
			}
		}},
		"cache put": {0, "stack: cache: injected", func(_ *data.Source, cache *memory, _ *stack.Stack) {
			cache.onPut = func(_ context.Context, n int) error {
				if n > 2*at {
					return errInjected
				}
				return nil
			}
		}},
		"backbone": {0, "stack: photos 1 (photo00.jpg) to 4: backbones: one: nn: model is closed", func(_ *data.Source, _ *memory, s *stack.Stack) {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ignore := goleak.IgnoreCurrent()
			s, source, cache := pair(t), set.Source(), newMemory()
			c.run(&source, cache, s)
			rows, err := collect(t, s, source, stack.Extraction{Batch: 4, Cache: cache})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got error %v, want %s…", err, c.want)
			}
			if len(rows) < c.rows || len(rows) > at {
				t.Errorf("got %d rows before the error, want %d to %d", len(rows), c.rows, at)
			}
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("want fs.ErrNotExist, got %v", err)
			}
			if of := new(stack.PhotoError); errors.As(err, &of) && (of.Index != at || of.Photo != set.Photos[at]) {
				t.Errorf("got the error of photo %d, %v", of.Index, of.Photo)
			}
			for key, row := range cache.rows {
				if len(row) != []int{12, 7}[key.member] {
					t.Errorf("member %d: got a row of %d put", key.member, len(row))
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			goleak.VerifyNone(t, ignore)
		})
	}
}

func TestStreamSkipsBadPhotos(t *testing.T) {
	s, set := pair(t), painted(t, 30)
	whole, err := collect(t, s, set.Source(), stack.Extraction{})
	if err != nil {
		t.Fatal(err)
	}
	files := set.FS.(fstest.MapFS)
	delete(files, set.Photos[0].File)
	for _, i := range []int{7, 8, 29} {
		files[set.Photos[i].File] = &fstest.MapFile{Data: files[set.Photos[i].File].Data[:100]}
	}
	var bad []int
	var last stack.Progress
	rows, err := collect(t, s, set.Source(), stack.Extraction{
		SkipBad: func(e *stack.PhotoError) { bad = append(bad, e.Index) }, Progress: func(p stack.Progress) { last = p },
	})
	if err != nil || !slices.Equal(bad, []int{0, 7, 8, 29}) || last.Bad != 4 || last.Done != 30 {
		t.Errorf("got bad photos %v, %+v, %v", bad, last, err)
	}
	if len(rows) != 26 {
		t.Fatalf("got %d rows, want 26", len(rows))
	}
	for _, row := range rows {
		if slices.Contains(bad, row.Index) || !slices.Equal(row.Features, whole[row.Index].Features) {
			t.Errorf("photo %d: got other features", row.Index)
		}
	}
}

// cancelled is the time in which a stream must end. The race detector and other
// tests at the same time slow it down.
const cancelled = 100 * time.Millisecond
