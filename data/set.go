package data

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
)

// A Photo is a labelled photo file.
type Photo struct {
	File  string // path within the set's file system
	Class int    // index into the set's classes
}

// A Set is labelled photos, not yet decoded.
type Set struct {
	FS      fs.FS
	Photos  []Photo
	Classes []string // sorted by bytes; a class's number is its position

	// Skipped is what [Opener.SkipBad] left out. Parts of a set do not have it.
	Skipped []*Problem
}

// Close closes the archive that the set was opened from, if it was, and so for
// all parts of the set.
func (s *Set) Close() error {
	if c, ok := s.FS.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// ClassOf returns the number of a class. The name of class i is Classes[i].
func (s *Set) ClassOf(name string) (int, error) {
	i := slices.Index(s.Classes, name)
	if i < 0 {
		return 0, fmt.Errorf("data: class %q: want one of the set's %d classes", name, len(s.Classes))
	}
	return i, nil
}

// Limit returns a set of n of the photos, as evenly from all classes as they
// allow: the first photo of each class, then the second of each, and so on. They
// keep their order, and all classes keep their numbers. An n below 1 or above
// the number of photos means all of them.
func (s *Set) Limit(n int) *Set {
	if n < 1 || n > len(s.Photos) {
		n = len(s.Photos)
	}
	turn := make([]int, len(s.Photos)) // how many of its class come before a photo
	seen := make(map[int]int)
	order := make([]int, len(s.Photos))
	for i, p := range s.Photos {
		turn[i], order[i] = seen[p.Class], i
		seen[p.Class]++
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(turn[a], turn[b]), cmp.Compare(s.Photos[a].Class, s.Photos[b].Class))
	})
	order = order[:n]
	slices.Sort(order)
	limited := &Set{FS: s.FS, Photos: make([]Photo, n), Classes: s.Classes}
	for i, from := range order {
		limited.Photos[i] = s.Photos[from]
	}
	return limited
}

// Split holds out the last fraction of the photos, in (0, 1), by the rule of
// [Features.Split]. Photos of which several variants are extracted are split
// before, so that no photo is on both sides. Both parts share memory with s.
func (s *Set) Split(held float64) (fit, rest *Set, err error) {
	n := len(s.Photos)
	k := math.Floor(float64(n) * (1 - held))
	if !(k >= 1 && k < float64(n)) {
		return nil, nil, fmt.Errorf("data: set: holding out %v of %d photos: want at least one in each part, got %v to fit", held, n, k)
	}
	fit, rest = &Set{FS: s.FS, Photos: s.Photos[:int(k):int(k)], Classes: s.Classes}, &Set{FS: s.FS, Photos: s.Photos[int(k):], Classes: s.Classes}
	return fit, rest, nil
}

// OneHot returns [len(labels), classes] in C order: row i is 1 in column
// labels[i] and 0 elsewhere. A label outside 0..classes-1 gives a row of zeros.
func OneHot(labels []int, classes int) []float32 {
	rows := make([]float32, len(labels)*max(classes, 0))
	for i, c := range labels {
		if c >= 0 && c < classes {
			rows[i*classes+c] = 1
		}
	}
	return rows
}

// newSet sorts the class names and numbers them. Photo i has the file and class
// named by files[i] and classes[i].
func newSet(fsys fs.FS, files, classes []string) (*Set, error) {
	names := slices.Compact(slices.Sorted(slices.Values(classes)))
	if len(names) < 2 {
		return nil, fmt.Errorf("want at least 2 classes, got only %q", names)
	}
	s := &Set{FS: fsys, Classes: names, Photos: make([]Photo, len(files))}
	for i, file := range files {
		c, _ := slices.BinarySearch(names, classes[i])
		s.Photos[i] = Photo{File: file, Class: c}
	}
	return s, nil
}
