package hdf5

// heapText is the string that an element of variable length points to: its
// length, the address of a heap, and an index in it.
func (f *File) heapText(v *view) (string, error) {
	n, addr, index := v.u32(), v.u64(), v.u32()
	if v.err != nil || n == 0 {
		return "", v.err
	}
	heap, err := f.globalHeap(addr)
	if err != nil {
		return "", err
	}
	s, ok := heap[index]
	if !ok {
		return "", v.errorf("no object %d in the global heap at offset %d", index, addr)
	}
	if n > len(s) {
		return "", v.errorf("want a string of %d bytes, object %d of the global heap at offset %d has %d", n, index, addr, len(s))
	}
	return s[:n], f.charge(int64(n)) // many elements may point to the same
}

// globalHeap reads a collection of the global heap, section III.E, once.
func (f *File) globalHeap(addr uint64) (map[int]string, error) {
	if heap, ok := f.heaps[addr]; ok {
		return heap, nil
	}
	const head = 16
	v, err := f.read("global heap", addr, head)
	if err != nil {
		return nil, err
	}
	v.signature("GCOL", 1)
	v.skip(3)
	size := v.u64()
	if v.err == nil && (size < head || size > uint64(f.size)) {
		v.fail("want a size that the file of %d bytes has, got %d", f.size, size)
	}
	if v.err != nil {
		return nil, v.err
	}
	if v, err = f.read("global heap", addr+head, size-head); err != nil {
		return nil, err
	}
	heap := map[int]string{}
	for v.left() >= head {
		index := v.u16()
		if index == 0 {
			break // free space
		}
		v.skip(2 + 4) // references
		n := v.u64()
		if v.err == nil && n > uint64(v.left()) {
			v.fail("object %d: want %d bytes, the heap has %d left", index, n, v.left())
		}
		heap[index] = string(v.bytes(int(n)))
		if pad := -int(n) & 7; pad <= v.left() {
			v.skip(pad)
		}
	}
	if v.err != nil {
		return nil, v.err
	}
	f.heaps[addr] = heap
	return heap, nil
}
