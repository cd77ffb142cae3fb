package hdf5

// fixedArray visits the chunks of a dataset of fixed size, sections III.H and
// VII.C: an array with an entry for each chunk, in pages if it is long.
func fixedArray(r *reader, l layout, g *grid, filtered bool, plain uint64, visit func(chunk) error) error {
	const size = 4 + 1 + 1 + 1 + 1 + 8 + 8 + 4
	v, err := r.read("fixed array", l.addr, size)
	if err != nil {
		return err
	}
	v.signature("FAHD", 0)
	v.skip(1) // client
	entryBytes, pageBits := v.u8(), v.u8()
	n, addr := v.u64(), v.u64()
	v.sum()
	if v.err == nil && n != uint64(g.len()) {
		v.fail("want %d chunks, got %d", g.len(), n)
	}
	if v.err == nil && pageBits > 32 {
		v.fail("want pages of at most 2³² entries, got 2^%d", pageBits)
	}
	if v.err != nil {
		return v.err
	}
	a := &chunkArray{g: g, filtered: filtered, entryBytes: entryBytes, plain: plain, visit: visit}
	if err := a.check(v); err != nil {
		return err
	}

	const head, sum = 4 + 1 + 1 + 8, 4
	pageLen := uint64(1) << pageBits
	if n <= pageLen {
		block, err := r.read("fixed array block", addr, head+n*uint64(entryBytes)+sum)
		if err != nil {
			return err
		}
		block.signature("FADB", 0)
		block.skip(1 + 8)
		block.sum()
		return a.entries(block, int(n))
	}
	pages := (n + pageLen - 1) / pageLen
	block, err := r.read("fixed array block", addr, head+(pages+7)/8+sum)
	if err != nil {
		return err
	}
	block.signature("FADB", 0)
	block.skip(1 + 8)
	block.sum()
	written := block.bytes(int((pages + 7) / 8))
	at := addr + head + (pages+7)/8 + sum
	for page := range pages {
		count := min(pageLen, n-page*pageLen)
		if block.err != nil {
			return block.err
		}
		if written[page/8]>>(7-page%8)&1 == 0 {
			a.next += int(count) // readChunks says that they are missing
		} else {
			v, err := r.read("fixed array page", at, count*uint64(entryBytes)+sum)
			if err != nil {
				return err
			}
			v.sum()
			if err := a.entries(v, int(count)); err != nil {
				return err
			}
		}
		at += pageLen*uint64(entryBytes) + sum
	}
	return block.err
}

// chunkArray decodes entries of arrays: the address of a chunk and, if there are
// filters, its size and their mask.
type chunkArray struct {
	g          *grid
	filtered   bool
	entryBytes int
	plain      uint64 // bytes of a chunk without filters
	next       int    // number of the next chunk
	visit      func(chunk) error
}

// check looks whether entries have a size that makes sense.
func (a *chunkArray) check(v *view) error {
	least, most := 8, 8
	if a.filtered {
		least, most = 8+1+4, 8+8+4
	}
	if a.entryBytes < least || a.entryBytes > most {
		return v.errorf("want entries of %d to %d bytes, got %d", least, most, a.entryBytes)
	}
	return nil
}

// entries visits the next n chunks.
func (a *chunkArray) entries(v *view, n int) error {
	for range n {
		c := chunk{at: a.g.first(a.next), addr: v.u64(), bytes: a.plain}
		if a.filtered {
			c.bytes = v.uint(a.entryBytes - 8 - 4)
			c.mask = uint32(v.u32())
		}
		a.next++
		if v.err != nil {
			return v.err
		}
		if c.addr == undefined {
			continue
		}
		if err := a.visit(c); err != nil {
			return err
		}
	}
	return v.err
}
