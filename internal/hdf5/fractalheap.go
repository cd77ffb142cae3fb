package hdf5

import "math/bits"

// fractalHeap is a heap of many small objects, section III.G. Blocks are read
// whole, once, as long as the value lives.
type fractalHeap struct {
	f            *File
	idBytes      int // of an object's identifier
	offsetBytes  int // of an offset in the heap
	lengthBytes  int // of an object's length
	checked      bool
	width        uint64 // blocks in a row of the doubling table
	start        uint64 // bytes of the first block
	largest      uint64 // bytes of the largest direct block
	root         uint64 // address of the root block
	rows         int    // of the root block, 0 if it is a direct one
	huge         uint64 // address of the B-tree of huge objects
	directBlocks map[uint64]*view
	tables       map[uint64]*view // indirect blocks
}

func (f *File) fractalHeap(addr uint64) (*fractalHeap, error) {
	const size = 146 // with the checksum, without filters
	v, err := f.read("fractal heap", addr, size)
	if err != nil {
		return nil, err
	}
	v.signature("FRHP", 0)
	h := &fractalHeap{f: f, directBlocks: map[uint64]*view{}, tables: map[uint64]*view{}}
	h.idBytes = v.u16()
	if filters := v.u16(); v.err == nil && filters != 0 {
		return nil, v.errorf("a compressed heap is not supported")
	}
	v.sum()
	const checksums = 2
	h.checked = v.u8()&checksums != 0
	maxObject := v.u32()
	v.skip(8) // next identifier
	h.huge = v.u64()
	v.skip(10 * 8) // free space and statistics
	h.width, h.start, h.largest = uint64(v.u16()), v.u64(), v.u64()
	heapBits := v.u16()
	v.skip(2)
	h.root = v.u64()
	h.rows = v.u16()
	if v.err != nil {
		return nil, v.err
	}
	h.offsetBytes = (heapBits + 7) / 8
	h.lengthBytes = min((bits.Len64(h.largest)-1+7)/8, numberBytes(uint64(maxObject)))
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 && n < 1<<32 }
	if !power(h.width) || !power(h.start) || !power(h.largest) || h.start > h.largest || heapBits > 64 || h.rows > 64 {
		return nil, v.errorf("want a table of powers of two, got width %d, blocks of %d to %d bytes, offsets of %d bits, %d rows",
			h.width, h.start, h.largest, heapBits, h.rows)
	}
	return h, nil
}

// numberBytes is how many bytes numbers up to limit need.
func numberBytes(limit uint64) int { return (bits.Len64(limit|1) + 7) / 8 }

// object finds the object whose identifier comes next in v.
func (h *fractalHeap) object(v *view) (*view, error) {
	id := v.cut("heap identifier", h.idBytes)
	const managed, huge, tiny = 0, 1, 2
	head := id.u8()
	if id.err != nil {
		return nil, id.err
	}
	switch kind := head >> 4 & 3; {
	case head>>6 != 0:
		return nil, id.errorf("want version 0, got %d", head>>6)
	case kind == managed:
		offset, n := id.uint(h.offsetBytes), id.uint(h.lengthBytes)
		if id.err != nil {
			return nil, id.err
		}
		return h.managed(id, offset, n)
	case kind == huge:
		return h.hugeObject(id)
	case kind == tiny:
		n := head&0xf + 1
		if h.idBytes > 17 {
			n = (head&0xf<<8 | id.u8()) + 1
		}
		return id.cut("heap object", n), id.err
	default:
		return nil, id.errorf("want an object of kind 0 to 2, got %d", kind)
	}
}

// managed finds n bytes at an offset of the heap's own address space, which
// starts with the head of the first block.
func (h *fractalHeap) managed(id *view, offset, n uint64) (*view, error) {
	block, size, rows := h.root, h.start, h.rows
	for rows > 0 {
		table, err := h.table(block, rows)
		if err != nil {
			return nil, err
		}
		row, before := 0, uint64(0)
		for size = h.start; row < rows && offset-before >= h.width*size; row++ {
			if before += h.width * size; row > 0 {
				size *= 2
			}
		}
		if row >= rows {
			return nil, id.errorf("offset %d is behind the heap's %d rows", offset, rows)
		}
		column := (offset - before) / size
		offset -= before + column*size
		entry := *table
		entry.skip(int(8 * (uint64(row)*h.width + column)))
		block = entry.u64()
		if rows = 0; size > h.largest {
			rows = bits.Len64(size/(h.start*h.width)) - 1 + 1
		}
	}
	b, err := h.directBlock(block, size)
	if err != nil {
		return nil, err
	}
	if offset > size || n > size-offset {
		return nil, id.errorf("want %d bytes at %d of a block of %d bytes", n, offset, size)
	}
	return &view{what: "heap object", at: b.at + offset, b: b.b[offset : offset+n]}, nil
}

// table reads an indirect block: the addresses of smaller blocks.
func (h *fractalHeap) table(addr uint64, rows int) (*view, error) {
	if t, ok := h.tables[addr]; ok {
		return t, nil
	}
	head := 4 + 1 + 8 + h.offsetBytes
	v, err := h.f.read("indirect heap block", addr, uint64(head)+8*h.width*uint64(rows)+4)
	if err != nil {
		return nil, err
	}
	v.signature("FHIB", 0)
	v.sum()
	v.skip(8 + h.offsetBytes)
	t := v.cut("indirect heap block", max(0, v.left()-4))
	h.tables[addr] = t
	return t, v.err
}

// directBlock reads a block of objects.
func (h *fractalHeap) directBlock(addr, size uint64) (*view, error) {
	if b, ok := h.directBlocks[addr]; ok && len(b.b) == int(size) {
		return b, nil
	}
	v, err := h.f.read("direct heap block", addr, size)
	if err != nil {
		return nil, err
	}
	v.signature("FHDB", 0)
	v.skip(8 + h.offsetBytes)
	if at := v.pos; h.checked && v.left() >= 4 {
		// The checksum is that of the block with zeros in its place.
		want := uint32(v.u32())
		clear(v.b[at:v.pos])
		if got := lookup3(v.b); v.err == nil && got != want && !v.unchecked {
			v.fail("damaged: want checksum %08x, got %08x", want, got)
		}
	}
	h.directBlocks[addr] = v
	return v, v.err
}

// hugeObject reads an object that lies outside the heap's blocks.
func (h *fractalHeap) hugeObject(id *view) (*view, error) {
	const indirect = 1 // type of the records: address, length, identifier
	number := id.uint(min(8, h.idBytes-1))
	if id.err != nil {
		return nil, id.err
	}
	var found *view
	err := h.f.tree2(h.huge, indirect, func(record *view) error {
		addr, n := record.u64(), record.u64()
		if record.u64() != number || record.err != nil {
			return record.err
		}
		var err error
		found, err = h.f.read("heap object", addr, n)
		return err
	})
	if err == nil && found == nil {
		err = id.errorf("no huge object %d", number)
	}
	return found, err
}
