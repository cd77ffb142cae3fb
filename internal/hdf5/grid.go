package hdf5

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// grid is a dataset cut into chunks, the last of each side cut off.
type grid struct {
	shape, chunk []int
	sides        []int // how many chunks
	order        []int // sides from the one that indexes count slowest
	strides      []int // in indexes, of the chunks along each side
}

// newGrid cuts a dataset into chunks. Indexes leave room for what the dataset can
// grow to, and count the one side that grows without end slowest.
func newGrid(shape, most, chunk []int) *grid {
	g := &grid{shape: shape, chunk: chunk, strides: make([]int, len(shape))}
	for i, size := range shape {
		g.sides = append(g.sides, (size-1)/chunk[i]+1)
		if most[i] == unlimited {
			g.order = append([]int{i}, g.order...)
		} else {
			g.order = append(g.order, i)
		}
	}
	stride := 1
	for _, i := range slices.Backward(g.order) {
		g.strides[i] = stride
		room := g.sides[i]
		if most[i] != unlimited {
			room = (most[i]-1)/chunk[i] + 1
		}
		if high, low := bits.Mul64(uint64(stride), uint64(room)); high == 0 && low < math.MaxInt64 {
			stride = int(low) // else no file has the chunks for it
		}
	}
	return g
}

// number returns the number of the chunk that begins at an element.
func (g *grid) number(at []int) (int, error) {
	n := 0
	for i, x := range at {
		if x < 0 || x >= g.shape[i] || x%g.chunk[i] != 0 {
			return 0, fmt.Errorf("want the first element of a chunk %v in %v, got %v", g.chunk, g.shape, at)
		}
		n = n*g.sides[i] + x/g.chunk[i]
	}
	return n, nil
}

// first returns where chunk n, as number counts, begins.
func (g *grid) first(n int) []int {
	at := make([]int, len(g.sides))
	for i := len(at) - 1; i >= 0; i-- {
		at[i] = n % g.sides[i] * g.chunk[i]
		n /= g.sides[i]
	}
	return at
}

// indexed returns where the chunk at a place of an index begins, and false if
// that is outside the dataset.
func (g *grid) indexed(place int) ([]int, bool) {
	at := make([]int, len(g.sides))
	for _, i := range g.order {
		n := place / g.strides[i]
		place %= g.strides[i]
		if n < 0 || n >= g.sides[i] {
			return nil, false
		}
		at[i] = n * g.chunk[i]
	}
	return at, true
}

// len is the number of chunks, at most that of elements.
func (g *grid) len() int {
	n := 1
	for _, side := range g.sides {
		n *= side
	}
	return n
}

// copy puts the values of a chunk where they belong.
func (g *grid) copy(dst []float32, values []byte, at []int, size int, convert func([]float32, []byte)) {
	last := len(g.shape) - 1
	var walk func(axis, to, from int)
	walk = func(axis, to, from int) {
		n := min(g.chunk[axis], g.shape[axis]-at[axis])
		to = to*g.shape[axis] + at[axis]
		from *= g.chunk[axis]
		if axis == last {
			convert(dst[to:to+n], values[from*size:])
			return
		}
		for i := range n {
			walk(axis+1, to+i, from+i)
		}
	}
	walk(0, 0, 0)
}
