package hdf5

import "fmt"

// eachChunk visits the chunks that are stored.
func (d *Dataset) eachChunk(r *reader, g *grid, visit func(chunk) error) error {
	visit = located(visit)
	l := d.layout
	if l.addr == undefined {
		return fmt.Errorf("its values were never written")
	}
	plain := uint64(l.bytesPerElement)
	for _, size := range l.chunk {
		plain *= uint64(size)
	}
	a := &chunkArray{r: r, g: g, filtered: len(d.filters) > 0, plain: plain, visit: visit}
	switch l.index.kind {
	case indexTree1:
		return chunkTree1(r, l.addr, len(g.shape), visit)
	case indexSingle:
		c := chunk{at: make([]int, len(g.shape)), addr: l.addr, bytes: plain}
		if a.filtered {
			c.bytes, c.mask = l.index.bytes, l.index.mask
		}
		return visit(c)
	case indexImplicit:
		return a.implicit(l.addr)
	case indexFixed:
		return a.fixed(l.addr)
	case indexExtensible:
		return a.extensible(l.addr)
	}
	return chunkTree2(r, l, a.filtered, plain, visit)
}

// located adds to errors which chunk they are about.
func located(visit func(chunk) error) func(chunk) error {
	return func(c chunk) error {
		if err := visit(c); err != nil {
			return fmt.Errorf("chunk %v at offset %d: %w", c.at, c.addr, err)
		}
		return nil
	}
}

// chunkTree1 visits the chunks of a B-tree of version 1.
func chunkTree1(r *reader, addr uint64, rank int, visit func(chunk) error) error {
	const chunkNode = 1
	return r.tree1(addr, chunkNode, 8+8*(rank+1), func(key *view, child uint64) error {
		c := chunk{addr: child, bytes: uint64(key.u32()), mask: uint32(key.u32())}
		for range rank {
			c.at = append(c.at, int(key.u64()))
		}
		if key.err != nil {
			return key.err
		}
		return visit(c)
	})
}

// chunkTree2 visits the chunks of a B-tree of version 2: datasets that can grow
// along several sides.
func chunkTree2(r *reader, l layout, filtered bool, plain uint64, visit func(chunk) error) error {
	const plainRecord, filteredRecord = 10, 11
	kind := plainRecord
	if filtered {
		kind = filteredRecord
	}
	rank := len(l.chunk)
	return r.tree2(l.addr, kind, func(v *view) error {
		c := chunk{addr: v.u64(), bytes: plain}
		if filtered {
			c.bytes = v.uint(min(8, max(0, len(v.b)-8-4-8*rank)))
			c.mask = uint32(v.u32())
		}
		for i := range rank {
			at := v.u64()
			if at > uint64(1<<62)/uint64(l.chunk[i]) {
				v.fail("chunk number %d along side %d is too large", at, i)
			}
			c.at = append(c.at, int(at)*l.chunk[i])
		}
		if v.err != nil {
			return v.err
		}
		return visit(c)
	})
}
