package hdf5

import "bytes"

// symbols lists the links of an old group: a B-tree of version 1 (section
// III.A.1) whose leaves are symbol table nodes (III.B) with names in a local heap
// (III.D).
func (f *File) symbols(o *object, add func(link) error) error {
	if !o.has(symbolTableMessage) {
		return nil
	}
	m, err := o.message(symbolTableMessage)
	if err != nil {
		return err
	}
	tree, heapAt := m.u64(), m.u64()
	if m.err != nil {
		return m.err
	}
	heap, err := f.localHeap(heapAt)
	if err != nil {
		return err
	}
	const groupNode, keyBytes = 0, 8
	return f.tree1(tree, groupNode, keyBytes, func(_ *view, node uint64) error {
		return f.symbolNode(node, heap, add)
	})
}

// localHeap reads the names of a group.
func (f *File) localHeap(addr uint64) (*view, error) {
	const size = 32
	v, err := f.read("local heap", addr, size)
	if err != nil {
		return nil, err
	}
	v.signature("HEAP", 0)
	v.skip(3)
	n := v.u64()
	v.skip(8) // free list
	data := v.u64()
	if v.err != nil {
		return nil, v.err
	}
	return f.read("local heap data", data, n)
}

// heapString is the string at an offset of a local heap.
func heapString(heap *view, offset uint64) (string, error) {
	if offset >= uint64(len(heap.b)) {
		return "", heap.errorf("want a name at %d, the heap has %d bytes", offset, len(heap.b))
	}
	n := bytes.IndexByte(heap.b[offset:], 0)
	if n < 0 {
		return "", heap.errorf("the name at %d does not end", offset)
	}
	return string(heap.b[offset:][:n]), nil
}

// symbolNode lists the entries of a symbol table node (III.B, III.C).
func (f *File) symbolNode(addr uint64, heap *view, add func(link) error) error {
	const head, entry = 8, 40
	v, err := f.read("symbol table node", addr, head)
	if err != nil {
		return err
	}
	v.signature("SNOD", 1)
	v.skip(1)
	n := v.u16()
	if v.err != nil {
		return v.err
	}
	if v, err = f.read("symbols", addr+head, uint64(n*entry)); err != nil {
		return err
	}
	for range n {
		name, header := v.u64(), v.u64()
		kind := v.u32()
		v.skip(4)
		scratch := v.cut("symbol", 16)
		l := link{addr: header}
		if l.name, err = heapString(heap, name); err != nil {
			return err
		}
		const softLink = 2
		if kind == softLink {
			if l.soft, err = heapString(heap, uint64(scratch.u32())); err != nil {
				return err
			}
			if l.soft == "" {
				return v.errorf("%q is a soft link to nothing", l.name)
			}
		}
		if err := add(l); err != nil {
			return v.errorf("%w", err)
		}
	}
	return nil
}
