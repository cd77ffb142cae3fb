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

	// Members says which columns are whose, from the left; may be empty.
	Members []FeatureMember
	// Digests are the SHA-256 of each photo's file, [Len]; may be empty.
	Digests [][32]byte

	// Index, where not nil, says where in X the rows lie, [Len]: row i is the
	// Index[i]-th of X. Splits share X and differ in their Index. Row looks it up.
	Index []int
	// Shards, where not nil, are X in parts, since what is mapped is one part a
	// file: each of equally many rows, the last of those that are left. X is nil.
	Shards [][]float32
}

// FeatureMember is the columns that one backbone made.
type FeatureMember struct {
	Name        string `json:"name"`        // of the backbone
	Features    int    `json:"features"`    // columns
	Fingerprint string `json:"fingerprint"` // of all that they depend on, in hexadecimal
}

// Len returns the number of rows, which is that of photos.
func (f *Features) Len() int { return len(f.Labels) }

// Row returns the features of photo i, [Width], as a part of X or of a shard.
func (f *Features) Row(i int) []float32 {
	if f.Index != nil {
		i = f.Index[i]
	}
	x := f.X
	if f.Shards != nil {
		rows := len(f.Shards[0]) / f.Width
		x, i = f.Shards[i/rows], i%rows
	}
	return x[i*f.Width : (i+1)*f.Width : (i+1)*f.Width]
}

// stored returns how many rows X or the shards hold, or an error if they hold no
// whole number of them.
func (f *Features) stored() (int, error) {
	if f.Shards == nil {
		rows := len(f.X) / f.Width
		if rows*f.Width != len(f.X) {
			return 0, fmt.Errorf("want %d rows of %d values, got %d values", f.Len(), f.Width, len(f.X))
		}
		return rows, nil
	}
	rows, values := 0, 0
	for i, s := range f.Shards {
		n := len(s) / f.Width
		full := len(s) == len(f.Shards[0]) || i == len(f.Shards)-1 && len(s) < len(f.Shards[0])
		if n < 1 || n*f.Width != len(s) || !full {
			return 0, fmt.Errorf("shard %d: want as many rows of %d values as in the first, fewer only in the last, got %d values", i, f.Width, len(s))
		}
		rows, values = rows+n, values+len(s)
	}
	if len(f.X) != 0 {
		return 0, fmt.Errorf("want X or shards, got %d values and %d", len(f.X), values)
	}
	return rows, nil
}

// Select returns the given rows in that order, sharing memory with f. The
// numbers must be rows of f.
func (f *Features) Select(rows []int) *Features {
	part := *f
	part.Index, part.Labels, part.Files, part.Digests = make([]int, len(rows)), make([]int, len(rows)), nil, nil
	if len(f.Files) != 0 {
		part.Files = make([]string, len(rows))
	}
	if len(f.Digests) != 0 {
		part.Digests = make([][32]byte, len(rows))
	}
	for i, r := range rows {
		part.Index[i], part.Labels[i] = r, f.Labels[r]
		if f.Index != nil {
			part.Index[i] = f.Index[r]
		}
		if len(f.Files) != 0 {
			part.Files[i] = f.Files[r]
		}
		if len(f.Digests) != 0 {
			part.Digests[i] = f.Digests[r]
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
	if err := f.checkAbout(); err != nil {
		return err
	}
	for i := range f.Len() {
		row := f.Row(i)
		if c := notFinite(row); c >= 0 {
			return fmt.Errorf("row %d%s, column %d: want a finite value, got %v", i, f.named(i), c, row[c])
		}
	}
	return nil
}

// checkAbout is check without a look at the values.
func (f *Features) checkAbout() error {
	if err := f.checkSizes(); err != nil {
		return err
	}
	if err := f.checkNames(); err != nil {
		return err
	}
	for i, c := range f.Labels {
		if c < 0 || c >= len(f.Classes) {
			return fmt.Errorf("row %d%s: want a label from 0 to %d, got %d", i, f.named(i), len(f.Classes)-1, c)
		}
	}
	return nil
}

// checkNames is about what does not depend on rows.
func (f *Features) checkNames() error {
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
	columns := 0
	for i, m := range f.Members {
		if m.Features < 1 || m.Features > f.Width-columns {
			return fmt.Errorf("member %d (%s): want from 1 to %d columns, got %d", i, m.Name, f.Width-columns, m.Features)
		}
		columns += m.Features
	}
	if len(f.Members) != 0 && columns != f.Width {
		return fmt.Errorf("want members with %d columns together, got %d", f.Width, columns)
	}
	return nil
}

func (f *Features) checkSizes() error {
	n := f.Len()
	if n < 1 || f.Width < 1 {
		return fmt.Errorf("want at least one row and one column, got %d×%d", n, f.Width)
	}
	rows, err := f.stored()
	if err != nil {
		return err
	}
	if f.Index == nil && rows != n {
		return fmt.Errorf("want %d rows of %d values, got %d values", n, f.Width, rows*f.Width)
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
	if len(f.Digests) != 0 && len(f.Digests) != n {
		return fmt.Errorf("want %d digests, one per row, or none, got %d", n, len(f.Digests))
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
