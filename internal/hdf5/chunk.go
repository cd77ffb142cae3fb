package hdf5

import (
	"fmt"
	"slices"
)

// All chunks together may have so many times the bytes of their dataset, since
// those at the edges are whole, and some more, since a dataset that can grow is
// smaller than its first chunk.
const (
	chunkRate  = 16
	slackChunk = 1 << 20
)

// chunk is where a piece of a dataset is stored.
type chunk struct {
	at    []int // the index of its first element
	addr  uint64
	bytes uint64 // as stored
	mask  uint32 // filters that were left out
}

// readChunks puts a dataset together of its chunks.
func (d *Dataset) readChunks(dst []float32, convert func([]float32, []byte)) error {
	l := d.layout
	if len(l.chunk) != len(d.Shape) || l.bytesPerElement != d.Type.size {
		return fmt.Errorf("chunks %v of elements of %d bytes do not fit %v %v", l.chunk, l.bytesPerElement, d.Type, d.Shape)
	}
	g := newGrid(d.Shape, d.most, l.chunk)
	n, _ := count(l.chunk)
	dec := &decoder{filters: d.filters, bytes: n * d.Type.size}
	all, whole := float64(g.len())*float64(dec.bytes), float64(len(dst)*d.Type.size)
	if all > chunkRate*whole+slackChunk {
		return fmt.Errorf("%d chunks of %d bytes are too many for a dataset of %.0f", g.len(), dec.bytes, whole)
	}
	seen := make([]bool, g.len())
	var buf []byte
	r := d.file.fresh()
	err := d.eachChunk(r, g, func(c chunk) error {
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
			return fmt.Errorf("want %d bytes, the file ends at %d", c.bytes, r.size)
		case c.bytes > uint64(dec.bytes)+slackChunk:
			return fmt.Errorf("%d bytes are too many for a chunk of %d", c.bytes, dec.bytes)
		}
		if uint64(cap(buf)) < c.bytes {
			buf = make([]byte, c.bytes)
		}
		buf = buf[:c.bytes]
		if err := readAt(r.r, buf, c.addr); err != nil {
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
