package data

import (
	"errors"
	"fmt"
	"math"
)

// Features are what a stack of backbones made of labelled photos: the table on
// which a head is trained. All fields are open; [Features.Validate] says what
// must hold between them.
type Features struct {
	X       []float32 // [Len, Width] in C order, unless there is an Index
	Width   int       // features per photo
	Labels  []int     // [Len], class of each row
	Classes []string  // names, by class
	Files   []string  // [Len], photo of each row; may be empty
	Source  string    // fingerprint of the stack that made them

	// Index, where not nil, says where in X the rows lie, [Len]: row i is the
	// Index[i]-th of X. Splits share X and differ in their Index. Row looks it up.
	Index []int
}

// Len returns the number of rows, which is that of photos.
func (f *Features) Len() int { return len(f.Labels) }

// Row returns the features of photo i, [Width], as a part of X.
func (f *Features) Row(i int) []float32 {
	if f.Index != nil {
		i = f.Index[i]
	}
	return f.X[i*f.Width : (i+1)*f.Width : (i+1)*f.Width]
}

// Select returns the given rows in that order, sharing memory with f. The
// numbers must be rows of f.
func (f *Features) Select(rows []int) *Features {
	part := *f
	part.Index, part.Labels, part.Files = make([]int, len(rows)), make([]int, len(rows)), nil
	if len(f.Files) != 0 {
		part.Files = make([]string, len(rows))
	}
	for i, r := range rows {
		part.Index[i], part.Labels[i] = r, f.Labels[r]
		if f.Index != nil {
			part.Index[i] = f.Index[r]
		}
		if len(f.Files) != 0 {
			part.Files[i] = f.Files[r]
		}
	}
	return &part
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
	if err := f.checkSizes(); err != nil {
		return err
	}
	if len(f.Classes) == 0 {
		return errors.New("classes: want their names, got none")
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
			return fmt.Errorf("row %d%s: want a label from 0 to %d, got %d", i, f.named(i), len(f.Classes)-1, c)
		}
	}
	for i := range f.Len() {
		row := f.Row(i)
		if c := notFinite(row); c >= 0 {
			return fmt.Errorf("row %d%s, column %d: want a finite value, got %v", i, f.named(i), c, row[c])
		}
	}
	return nil
}

func (f *Features) checkSizes() error {
	n := f.Len()
	if n < 1 || f.Width < 1 {
		return fmt.Errorf("want at least one row and one column, got %d×%d", n, f.Width)
	}
	rows := len(f.X) / f.Width
	if rows*f.Width != len(f.X) || f.Index == nil && rows != n {
		return fmt.Errorf("want %d rows of %d values, got %d values", n, f.Width, len(f.X))
	}
	if f.Index != nil && len(f.Index) != n {
		return fmt.Errorf("want an index of %d rows, got %d", n, len(f.Index))
	}
	for i, r := range f.Index {
		if r < 0 || r >= rows {
			return fmt.Errorf("row %d: want an index from 0 to %d, got %d", i, rows-1, r)
		}
	}
	if len(f.Files) != 0 && len(f.Files) != n {
		return fmt.Errorf("want %d files, one per row, or none, got %d", n, len(f.Files))
	}
	return nil
}

// notFinite returns the place of the first NaN or infinity, or -1.
func notFinite(row []float32) int {
	const exponent = 0x7f800000 // all ones in what is not finite
	for i, v := range row {
		if math.Float32bits(v)&exponent == exponent {
			return i
		}
	}
	return -1
}

// named is the file of a row in parentheses, if it is known.
func (f *Features) named(row int) string {
	if len(f.Files) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", f.Files[row])
}
