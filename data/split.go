package data

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Split holds out the last fraction of the rows, in (0, 1), by the rule of
// Keras's validation_split: the first floor(n·(1−held)) rows are to fit, computed
// in float64. The rows are not shuffled. Both parts share memory with f. It is an
// error if either is empty.
func (f *Features) Split(held float64) (fit, rest *Features, err error) {
	k, err := f.fitting(held)
	if err != nil {
		return nil, nil, err
	}
	return f.between(0, k), f.between(k, f.Len()), nil
}

// SplitShuffled is [Features.Split] of the rows in an order drawn from the seed.
func (f *Features) SplitShuffled(held float64, seed uint64) (fit, rest *Features, err error) {
	k, err := f.fitting(held)
	if err != nil {
		return nil, nil, err
	}
	order := shuffled(f.Len(), seed)
	return f.Select(order[:k]), f.Select(order[k:]), nil
}

// SplitStratified holds out as many rows as [Features.Split] does, drawn from the
// seed, with the share of each class as even as whole rows allow: of a class
// with n rows, n·held are held out, rounded down, and the classes that rounding
// cost the most give one more each until the number is full. A class with one
// row keeps it to fit, as long as others can give one. Both parts keep the order of f
// and share memory with it.
func (f *Features) SplitStratified(held float64, seed uint64) (fit, rest *Features, err error) {
	k, err := f.fitting(held)
	if err != nil {
		return nil, nil, err
	}
	groups, err := f.byClass(seed)
	if err != nil {
		return nil, nil, err
	}
	var out []int
	for i, n := range quotas(groups, f.Len()-k, held) {
		out = append(out, groups[i][:n]...)
	}
	slices.Sort(out)
	return f.Select(without(f.Len(), out)), f.Select(out), nil
}

// quotas says how many rows of each group are held out so that there are want of
// them: the largest remainders get one more.
func quotas(groups [][]int, want int, held float64) []int {
	n, order := make([]int, len(groups)), make([]int, len(groups))
	for i, g := range groups {
		n[i], order[i] = int(float64(len(g))*held), i
		want -= n[i]
	}
	left := func(i int) float64 { return float64(len(groups[i]))*held - float64(n[i]) }
	spare := func(i int) bool { return len(groups[i])-n[i] > 1 }
	slices.SortStableFunc(order, func(a, b int) int {
		if spare(a) != spare(b) {
			return cmp.Compare(bit(spare(b)), bit(spare(a)))
		}
		return cmp.Compare(left(b), left(a))
	})
	for ; want > 0; want-- {
		// A group is asked again only when all others have been.
		i := order[0]
		order = append(order[1:], i)
		if n[i] == len(groups[i]) {
			want++
			continue
		}
		n[i]++
	}
	return n
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A Fold is one way of splitting features in k-fold cross-validation.
type Fold struct {
	Fit, Held *Features
	Rows      []int // of Held in the whole, ascending
}

// Folds deals the rows of each class, in an order drawn from the seed, to k folds
// in turn, so that the folds differ by one row at most, and a class with n rows
// has n/k of them in each fold, rounded up or down. A class with one row is held
// out once and then has none to fit. k is from 2 to the number of rows. All folds
// keep the order of f and share memory with it.
func (f *Features) Folds(k int, seed uint64) ([]Fold, error) {
	if k < 2 || k > f.Len() {
		return nil, fmt.Errorf("data: features: folds: want 2 to %d, one row each, got %d", f.Len(), k)
	}
	groups, err := f.byClass(seed)
	if err != nil {
		return nil, err
	}
	held, next := make([][]int, k), 0
	for _, g := range groups {
		for _, r := range g {
			held[next%k] = append(held[next%k], r)
			next++
		}
	}
	folds := make([]Fold, k)
	for i, rows := range held {
		slices.Sort(rows)
		folds[i] = Fold{Fit: f.Select(without(f.Len(), rows)), Held: f.Select(rows), Rows: rows}
	}
	return folds, nil
}

// fitting is how many rows are to fit when a fraction is held out.
func (f *Features) fitting(held float64) (int, error) {
	n := f.Len()
	k := math.Floor(float64(n) * (1 - held))
	if !(k >= 1 && k < float64(n)) {
		return 0, fmt.Errorf("data: features: holding out %v of %d rows: want at least one row in each part, got %v to fit", held, n, k)
	}
	return int(k), nil
}

// byClass returns the rows of each class in a random order. Features of one class
// are an error: nothing can be learned from them.
func (f *Features) byClass(seed uint64) ([][]int, error) {
	groups := make([][]int, len(f.Classes))
	for _, r := range shuffled(f.Len(), seed) {
		c := f.Labels[r]
		if c < 0 || c >= len(groups) {
			return nil, fmt.Errorf("data: features: row %d%s: want a label from 0 to %d, got %d", r, f.named(r), len(groups)-1, c)
		}
		groups[c] = append(groups[c], r)
	}
	groups = slices.DeleteFunc(groups, func(g []int) bool { return len(g) == 0 })
	if len(groups) < 2 {
		return nil, errors.New("data: features: want rows of two classes at least, all are of one")
	}
	return groups, nil
}

func shuffled(n int, seed uint64) []int { return rand.New(rand.NewPCG(seed, 0)).Perm(n) }

// without returns the numbers below n that are not in the ascending list.
func without(n int, list []int) []int {
	rest := make([]int, 0, n-len(list))
	for i := range n {
		if len(list) > 0 && list[0] == i {
			list = list[1:]
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

// between returns the rows [from, to).
func (f *Features) between(from, to int) *Features {
	part := *f
	part.Labels = f.Labels[from:to:to]
	if len(f.Files) != 0 {
		part.Files = f.Files[from:to:to]
	}
	if len(f.Digests) != 0 {
		part.Digests = f.Digests[from:to:to]
	}
	switch {
	case f.Index != nil:
		part.Index = f.Index[from:to:to]
	case f.Shards != nil:
		part.Index = make([]int, to-from)
		for i := range part.Index {
			part.Index[i] = from + i
		}
	default:
		part.X = f.X[from*f.Width : to*f.Width : to*f.Width]
	}
	return &part
}
