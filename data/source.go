package data

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
)

// A Source is photos from anywhere: a [Set], a database, object storage. They
// need not be known all at once.
type Source struct {
	// Photos yields the photos in order. It is run once, on a goroutine of its
	// own. An error ends it.
	Photos iter.Seq2[Photo, error]
	// Read returns the content of a photo's file. Several goroutines call it at
	// once. It should return when the context ends.
	Read func(ctx context.Context, p Photo) ([]byte, error)
	// Total is how many photos there are, to tell the time left; 0 = not known.
	Total int
}

// Source returns the photos of the set, in its order.
func (s *Set) Source() Source {
	return Source{
		Photos: func(yield func(Photo, error) bool) {
			for _, p := range s.Photos {
				if !yield(p, nil) {
					return
				}
			}
		},
		Read:  s.Read,
		Total: len(s.Photos),
	}
}

// Read returns the content of a photo's file, as a [Source] does. A file of more
// than 1 GiB is refused. It stops between two reads of the file when the context
// ends.
func (s *Set) Read(ctx context.Context, p Photo) ([]byte, error) {
	f, err := s.FS.Open(p.File)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	content, err := readFile(interruptible{f, ctx})
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return content, nil
}

// interruptible is a file whose reads are short and end with a context.
type interruptible struct {
	fs.File
	ctx context.Context
}

func (f interruptible) Read(p []byte) (int, error) {
	const most = 4 << 20 // bytes, read in about a millisecond
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.File.Read(p[:min(len(p), most)])
}
