package hdf5

// chunkArray finds chunks by indexes that are arrays: each entry is the address
// of a chunk and, if there are filters, its size and their mask.
type chunkArray struct {
	r          *reader
	g          *grid
	filtered   bool
	plain      uint64 // bytes of a chunk without filters
	visit      func(chunk) error
	entryBytes int
	next       int // place of the next entry
}

// implicit visits chunks without filters that lie one after another.
func (a *chunkArray) implicit(addr uint64) error {
	for i := range a.g.len() {
		// Such datasets can't grow: an index counts as number does.
		if err := a.visit(chunk{at: a.g.first(i), addr: addr + uint64(i)*a.plain, bytes: a.plain}); err != nil {
			return err
		}
	}
	return nil
}

// start checks the head of an array: whether entries have a size that makes
// sense.
func (a *chunkArray) start(v *view, client, entryBytes int) error {
	least, most, want := 8, 8, 0
	if a.filtered {
		least, most, want = 8+1+4, 8+8+4, 1
	}
	switch a.entryBytes = entryBytes; {
	case v.err != nil:
		return v.err
	case client != want:
		return v.errorf("want client %d, got %d", want, client)
	case entryBytes < least || entryBytes > most:
		return v.errorf("want entries of %d to %d bytes, got %d", least, most, entryBytes)
	}
	return nil
}

// entries visits the next n chunks.
func (a *chunkArray) entries(v *view, n uint64) error {
	for range n {
		c := chunk{addr: v.u64(), bytes: a.plain}
		if a.filtered {
			c.bytes = v.uint(a.entryBytes - 8 - 4)
			c.mask = uint32(v.u32())
		}
		if v.err != nil {
			return v.err
		}
		var inside bool
		c.at, inside = a.g.indexed(a.next)
		if a.next++; !inside || c.addr == undefined {
			continue // readChunks says what is missing
		}
		if err := a.visit(c); err != nil {
			return err
		}
	}
	return v.err
}

// pages visits n entries in pages of which written has a bit each.
func (a *chunkArray) pages(addr, n, pageLen uint64, written []byte) error {
	const sum = 4
	for page := uint64(0); n > 0; page++ {
		count := min(pageLen, n)
		n -= count
		if written[page/8]>>(7-page%8)&1 == 0 {
			a.next += int(count)
			continue
		}
		v, err := a.r.read("page of chunks", addr+page*(pageLen*uint64(a.entryBytes)+sum), count*uint64(a.entryBytes)+sum)
		if err != nil {
			return err
		}
		v.sum()
		if err := a.entries(v, count); err != nil {
			return err
		}
	}
	return nil
}

// maxPageBits is the logarithm of more entries than a page has.
const maxPageBits = 32

// fixed visits the chunks of a dataset that can't grow without end, section
// VII.C: an array with an entry for each, in pages if it is long.
func (a *chunkArray) fixed(addr uint64) error {
	const size = 4 + 1 + 1 + 1 + 1 + 8 + 8 + 4
	v, err := a.r.read("fixed array", addr, size)
	if err != nil {
		return err
	}
	v.signature("FAHD", 0)
	client, entryBytes, pageBits := v.u8(), v.u8(), v.u8()
	n, data := v.u64(), v.u64()
	v.sum()
	if err := a.start(v, client, entryBytes); err != nil {
		return err
	}
	if pageBits > maxPageBits || n > uint64(a.r.size) {
		return v.errorf("want fewer entries than the file has bytes, got %d in pages of 2^%d", n, pageBits)
	}
	const head, sum = 4 + 1 + 1 + 8, 4
	pageLen, pages := uint64(1)<<pageBits, uint64(0)
	inside := n * uint64(entryBytes)
	if n > pageLen {
		pages = (n + pageLen - 1) / pageLen
		inside = (pages + 7) / 8
	}
	block, err := a.r.read("fixed array block", data, head+inside+sum)
	if err != nil {
		return err
	}
	block.signature("FADB", 0)
	block.skip(1 + 8)
	block.sum()
	if pages == 0 {
		return a.entries(block, n)
	}
	written := block.bytes(int(inside))
	if block.err != nil {
		return block.err
	}
	return a.pages(data+head+inside+sum, n, pageLen, written)
}
