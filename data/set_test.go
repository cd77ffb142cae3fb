package data

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func folders(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range files {
		fsys[f] = &fstest.MapFile{}
	}
	return fsys
}

func TestOpenFolder(t *testing.T) {
	s, err := OpenFolder(folders(
		"b/2.JPG", "b/1.webp", "b/10.jpeg", "b/notes.txt", "b/.hidden.jpg", "b/jpg", "b/sub.jpg/x.jpg",
		"Z/a.tiff", ".git/a.jpg", "readme.jpg",
	))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Classes, []string{"Z", "b"}) {
		t.Errorf("got classes %q", s.Classes)
	}
	if got, want := fmt.Sprint(s.Photos), "[{b/1.webp 1} {Z/a.tiff 0} {b/10.jpeg 1} {b/2.JPG 1}]"; got != want {
		t.Errorf("got photos %s, want %s", got, want)
	}
	for i, name := range s.Classes {
		if got, err := s.ClassOf(name); got != i || err != nil {
			t.Errorf("class of %q: got %d, %v, want %d", name, got, err, i)
		}
	}
	if _, err := s.ClassOf("c"); err == nil || err.Error() != `data: class "c": want one of the set's 2 classes` {
		t.Errorf("unknown class: got error %v", err)
	}
}

// TestOpenFolderInterleaves checks that every tenth of a set has its share of
// each class.
func TestOpenFolderInterleaves(t *testing.T) {
	sizes := map[string]int{"a": 10, "b": 40, "c": 150}
	var files []string
	for class, n := range sizes {
		for i := range n {
			files = append(files, fmt.Sprintf("%s/%03d.jpg", class, i))
		}
	}
	s, err := OpenFolder(folders(files...))
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(s.Photos, 20) {
		var count [3]int
		for _, p := range part {
			count[p.Class]++
		}
		if want := [3]int{1, 4, 15}; count != want {
			t.Errorf("20 photos have %v of each class, want %v", count, want)
		}
	}
}

func TestOpenFolderErrors(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		fsys       fstest.MapFS
	}{
		{"nothing", "data: want one folder of photos per class, got no folder among 0 entries", folders()},
		{"no folder", "data: want one folder of photos per class, got no folder among 2 entries", folders("a.jpg", "b.jpg")},
		{"no photo", "data: folder b: want at least one photo (jpg, jpeg, png, gif, bmp, webp, tif, tiff, ppm, ico), got none among 1 entries", folders("a/1.jpg", "b/1.txt")},
		{"one class", `data: folders: want at least 2 classes, got only ["a"]`, folders("a/1.jpg", "a/2.jpg")},
	} {
		if _, err := OpenFolder(tt.fsys); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got error %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestLimit(t *testing.T) {
	s := &Set{Classes: []string{"a", "b", "c"}}
	for i, class := range []int{0, 0, 0, 2, 1, 0, 1, 2} {
		s.Photos = append(s.Photos, Photo{File: fmt.Sprint(i), Class: class})
	}
	for _, tt := range []struct {
		n    int
		want string
	}{
		{-1, "01234567"}, {0, "01234567"}, {8, "01234567"}, {9, "01234567"},
		{1, "0"}, {2, "04"}, {3, "034"}, {4, "0134"}, {5, "01346"}, {6, "013467"}, {7, "0123467"},
	} {
		limited := s.Limit(tt.n)
		var got strings.Builder
		for _, p := range limited.Photos {
			got.WriteString(p.File)
		}
		if got.String() != tt.want || len(limited.Classes) != 3 {
			t.Errorf("limit %d: got photos %s of %d classes, want %s of 3", tt.n, got.String(), len(limited.Classes), tt.want)
		}
	}
}

func TestSetSplit(t *testing.T) {
	s := &Set{Photos: make([]Photo, 10), Classes: []string{"a", "b"}}
	fit, rest, err := s.Split(0.25) // floor(10·0.75) = 7
	if err != nil || len(fit.Photos) != 7 || len(rest.Photos) != 3 || len(rest.Classes) != 2 {
		t.Errorf("got %v, %v, %v, want 7 and 3 photos", fit, rest, err)
	}
	for _, held := range []float64{0, 0.01, 0.99, 1, -1, math.NaN()} {
		_, _, err := s.Split(held)
		if wrong := held != 0.01; (err != nil) != wrong {
			t.Errorf("%v: got error %v", held, err)
		}
	}
}

func TestOneHot(t *testing.T) {
	got := OneHot([]int{2, 0, 3, -1}, 3)
	if want := []float32{0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
