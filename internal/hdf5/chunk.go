package hdf5

import (
	"fmt"
	"slices"
)

// slackChunk is how many bytes a chunk may have beyond those of its dataset: a
// dataset that can grow is smaller than its first chunk.
const slackChunk = 16 << 20

// chunk is where a piece of a dataset is stored.
type chunk struct {
	at    []int // the index of its first element
	addr  uint64
	bytes uint64 // as stored
	mask  uint32 // filters that were left out
}

// grid is a dataset cut into chunks, the last of each side cut off.
type grid struct {
	shape, chunk []int
	sides        []int // how many chunks
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

// first returns where chunk n begins.
func (g *grid) first(n int) []int {
	at := make([]int, len(g.sides))
	for i := len(at) - 1; i >= 0; i-- {
		at[i] = n % g.sides[i] * g.chunk[i]
		n /= g.sides[i]
	}
	return at
}

func (g *grid) len() int {
	n := 1 // no more than elements: it can't overflow
	for _, side := range g.sides {
		n *= side
	}
	return n
}

// readChunks puts a dataset together of its chunks.
func (d *Dataset) readChunks(dst []float32, convert func([]float32, []byte)) error {
	l := d.layout
	if len(l.chunk) != len(d.Shape) || l.bytesPerElement != d.Type.size {
		return fmt.Errorf("chunks %v of elements of %d bytes do not fit %v %v", l.chunk, l.bytesPerElement, d.Type, d.Shape)
	}
	g := &grid{shape: d.Shape, chunk: l.chunk}
	for i, size := range d.Shape {
		g.sides = append(g.sides, (size-1)/l.chunk[i]+1)
	}
	n, _ := count(l.chunk)
	dec := &decoder{filters: d.filters, bytes: n * d.Type.size}
	if dec.bytes > len(dst)*d.Type.size+slackChunk {
		return fmt.Errorf("chunks of %d bytes are too large for a dataset of %d", dec.bytes, len(dst)*d.Type.size)
	}
	seen := make([]bool, g.len())
	var buf []byte
	r := newReader(d.r, d.size)
	err := d.eachChunk(&r, g, func(c chunk) error {
		number, err := g.number(c.at)
		if err != nil {
			return err
		}
		if seen[number] {
			return fmt.Errorf("it is stored twice")
		}
		seen[number] = true
		switch {
		case len(d.filters) == 0 && c.bytes != uint64(dec.bytes):
			return fmt.Errorf("want %d bytes, got %d", dec.bytes, c.bytes)
		case !r.within(c.addr, c.bytes):
			return fmt.Errorf("want %d bytes, the file ends at %d", c.bytes, d.size)
		case c.bytes > uint64(dec.bytes)+slackChunk:
			return fmt.Errorf("%d bytes are too many for a chunk of %d", c.bytes, dec.bytes)
		}
		if uint64(cap(buf)) < c.bytes {
			buf = make([]byte, c.bytes)
		}
		buf = buf[:c.bytes]
		if err := readAt(d.r, buf, c.addr); err != nil {
			return err
		}
		values, err := dec.decode(buf, c.mask)
		if err != nil {
			return err
		}
		g.copy(dst, values, c.at, d.Type.size, convert)
		buf = values // the memory that is not the decoder's
		return nil
	})
	if err != nil {
		return err
	}
	if i := slices.Index(seen, false); i >= 0 {
		return fmt.Errorf("the chunk at %v was never written", g.first(i))
	}
	return nil
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
