package data

import (
	"fmt"
	"math"
)

// Features are what a stack of backbones made of labelled photos: the table on
// which a head is trained. All fields are open; [Features.Validate] says what
// must hold between them.
type Features struct {
	X       []float32 // [Len, Width] in C order
	Width   int       // features per photo
	Labels  []int     // [Len], class of each row
	Classes []string  // names, by class
	Files   []string  // [Len], photo of each row; may be empty
	Source  string    // fingerprint of the stack that made them
}

// Len returns the number of rows, which is that of photos.
func (f *Features) Len() int { return len(f.Labels) }

// Row returns the features of photo i, [Width], as a part of X.
func (f *Features) Row(i int) []float32 {
	return f.X[i*f.Width : (i+1)*f.Width : (i+1)*f.Width]
}

// Validate tells the first thing that is wrong: a size that does not fit the
// others, a label without class, a class without name, a value that is not
// finite.
func (f *Features) Validate() error {
	if err := f.check(); err != nil {
		return fmt.Errorf("data: features: %w", err)
	}
	return nil
}

func (f *Features) check() error {
	n := f.Len()
	if n < 1 || f.Width < 1 {
		return fmt.Errorf("want at least one row and one column, got %d×%d", n, f.Width)
	}
	if len(f.X)/f.Width != n || len(f.X)%f.Width != 0 {
		return fmt.Errorf("want %d rows of %d values, got %d values", n, f.Width, len(f.X))
	}
	if len(f.Files) != 0 && len(f.Files) != n {
		return fmt.Errorf("want %d files, one per row, or none, got %d", n, len(f.Files))
	}
	seen := make(map[string]bool, len(f.Classes))
	for i, name := range f.Classes {
		if name == "" || seen[name] {
			return fmt.Errorf("class %d: want a name of its own, got %q", i, name)
		}
		seen[name] = true
	}
	for i, c := range f.Labels {
		if c < 0 || c >= len(f.Classes) {
			return fmt.Errorf("row %d: want a label from 0 to %d, got %d", i, len(f.Classes)-1, c)
		}
	}
	for i, v := range f.X {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			row := i / f.Width
			return fmt.Errorf("row %d%s, column %d: want a finite value, got %v", row, f.named(row), i%f.Width, v)
		}
	}
	return nil
}

// named is the file of a row in parentheses, if it is known.
func (f *Features) named(row int) string {
	if len(f.Files) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", f.Files[row])
}

// Split holds out the last fraction of the rows, in (0, 1), by the rule of
// Keras's validation_split: the first floor(n·(1−held)) rows are to fit, computed
// in float64. The rows are not shuffled. Both parts share memory with f. It is an
// error if either is empty.
func (f *Features) Split(held float64) (fit, rest *Features, err error) {
	n := f.Len()
	k := math.Floor(float64(n) * (1 - held))
	if !(k >= 1 && k < float64(n)) {
		return nil, nil, fmt.Errorf("data: features: holding out %v of %d rows: want at least one row in each part, got %v to fit", held, n, k)
	}
	return f.rows(0, int(k)), f.rows(int(k), n), nil
}

func (f *Features) rows(from, to int) *Features {
	part := *f
	part.X = f.X[from*f.Width : to*f.Width : to*f.Width]
	part.Labels = f.Labels[from:to:to]
	if len(f.Files) != 0 {
		part.Files = f.Files[from:to:to]
	}
	return &part
}
