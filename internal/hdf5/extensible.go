package hdf5

import "math/bits"

// extensibleArray is the index of a dataset that can grow along one side,
// section VII.D. Its first entries are in the index block; behind them come
// super blocks, numbered from 0, each with twice the entries of the one before
// the last. The data blocks of the first few super blocks have their addresses
// in the index block, which leaves those super blocks without a place in the
// file.
type extensibleArray struct {
	*chunkArray
	maxBits      int    // of an index
	inIndex      int    // entries in the index block
	dataLeast    uint64 // entries in the smallest data block
	pointerLeast int    // addresses in the smallest super block that has a place
	pageLen      uint64 // entries in a page
}

func (a *chunkArray) extensible(addr uint64) error {
	const size = 4 + 1 + 1 + 6 + 6*8 + 8 + 4
	v, err := a.r.read("extensible array", addr, size)
	if err != nil {
		return err
	}
	v.signature("EAHD", 0)
	e := &extensibleArray{chunkArray: a}
	client, entryBytes := v.u8(), v.u8()
	e.maxBits, e.inIndex = v.u8(), v.u8()
	e.dataLeast, e.pointerLeast = uint64(v.u8()), v.u8()
	pageBits := v.u8()
	v.skip(6 * 8) // statistics
	index := v.u64()
	v.sum()
	if err := a.start(v, client, entryBytes); err != nil {
		return err
	}
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	if e.maxBits > 62 || pageBits > maxPageBits || !power(e.dataLeast) || !power(uint64(e.pointerLeast)) || e.supers() < e.inlineSupers() {
		return v.errorf("want powers of two for blocks, got indexes of %d bits, pages of 2^%d, data blocks from %d, super blocks from %d",
			e.maxBits, pageBits, e.dataLeast, e.pointerLeast)
	}
	e.pageLen = 1 << pageBits
	return e.index(index)
}

// supers is the number of super blocks there can be.
func (e *extensibleArray) supers() int { return 1 + e.maxBits - bits.Len64(e.dataLeast-1) }

// inlineSupers is the number of super blocks without a place.
func (e *extensibleArray) inlineSupers() int { return 2 * (bits.Len(uint(e.pointerLeast)) - 1) }

// super returns how many data blocks super block i has, and of how many entries.
func (e *extensibleArray) super(i int) (blocks, entries uint64) {
	return 1 << (i / 2), e.dataLeast << ((i + 1) / 2)
}

// index visits the entries of the index block, and all that hangs on it.
func (e *extensibleArray) index(addr uint64) error {
	const head, sum = 4 + 1 + 1 + 8, 4
	inline := 2 * (e.pointerLeast - 1)
	supers := e.supers() - e.inlineSupers()
	v, err := e.r.read("index block", addr, uint64(head+e.inIndex*e.entryBytes+8*(inline+supers)+sum))
	if err != nil {
		return err
	}
	v.signature("EAIB", 0)
	v.skip(1 + 8)
	v.sum()
	if err := e.entries(v, uint64(e.inIndex)); err != nil {
		return err
	}
	for i := range e.inlineSupers() {
		blocks, entries := e.super(i)
		for range blocks {
			if err := e.data(v.u64(), entries, nil); err != nil {
				return err
			}
		}
	}
	for i := e.inlineSupers(); i < e.supers() && v.err == nil; i++ {
		if err := e.superBlock(v.u64(), i); err != nil {
			return err
		}
	}
	return v.err
}

// superBlock visits the data blocks of super block i.
func (e *extensibleArray) superBlock(addr uint64, i int) error {
	blocks, entries := e.super(i)
	if addr == undefined {
		e.next += int(blocks * entries)
		return nil
	}
	bitmap := uint64(0) // bytes for each data block
	if entries > e.pageLen {
		bitmap = (entries/e.pageLen + 7) / 8
	}
	head, sum := uint64(4+1+1+8+e.offsetBytes()), uint64(4)
	if blocks > uint64(e.r.size) || bitmap > uint64(e.r.size) {
		return (&view{what: "super block", at: addr}).errorf("%d data blocks do not fit into the file", blocks)
	}
	v, err := e.r.read("super block", addr, head+blocks*(bitmap+8)+sum)
	if err != nil {
		return err
	}
	v.signature("EASB", 0)
	v.skip(1 + 8 + e.offsetBytes())
	v.sum()
	written := v.bytes(int(blocks * bitmap))
	for i := range blocks {
		if v.err != nil {
			return v.err
		}
		if err := e.data(v.u64(), entries, written[i*bitmap:(i+1)*bitmap]); err != nil {
			return err
		}
	}
	return v.err
}

// offsetBytes is the size of indexes in heads of blocks.
func (e *extensibleArray) offsetBytes() int { return (e.maxBits + 7) / 8 }

// data visits the entries of a data block, in pages if there is a bitmap.
func (e *extensibleArray) data(addr, entries uint64, written []byte) error {
	if addr == undefined {
		e.next += int(entries)
		return nil
	}
	if entries > uint64(e.r.size) {
		return (&view{what: "data block", at: addr}).errorf("%d entries do not fit into the file", entries)
	}
	head, sum := uint64(4+1+1+8+e.offsetBytes()), uint64(4)
	inside := entries * uint64(e.entryBytes)
	if len(written) > 0 {
		inside = 0
	}
	v, err := e.r.read("data block", addr, head+inside+sum)
	if err != nil {
		return err
	}
	v.signature("EADB", 0)
	v.skip(1 + 8 + e.offsetBytes())
	v.sum()
	if len(written) == 0 {
		return e.entries(v, entries)
	}
	return e.pages(addr+head+sum, entries, e.pageLen, written)
}
