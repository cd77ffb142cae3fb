package hdf5

// tree1 walks a B-tree of version 1, section III.A.1: visit gets, for each child
// of a leaf, the key before it and its address. Children are one level lower
// than their parents, so that no walk is endless.
func (r *reader) tree1(addr uint64, kind, keyBytes int, visit func(key *view, child uint64) error) error {
	return r.node1(addr, kind, keyBytes, anyLevel, visit)
}

const anyLevel = -1 // of a root

func (r *reader) node1(addr uint64, kind, keyBytes, level int, visit func(key *view, child uint64) error) error {
	const head = 4 + 1 + 1 + 2 + 8 + 8
	v, err := r.read("B-tree node", addr, head)
	if err != nil {
		return err
	}
	if got := string(v.bytes(4)); got != "TREE" {
		return v.errorf("want signature TREE, got %q", got)
	}
	if got := v.u8(); got != kind {
		return v.errorf("want a node of type %d, got %d", kind, got)
	}
	got, n := v.u8(), v.u16()
	if level != anyLevel && got != level {
		return v.errorf("want level %d below its parent, got %d", level, got)
	}
	if v, err = r.read("B-tree node", addr+head, uint64(n*(keyBytes+8))); err != nil {
		return err
	}
	for range n {
		key := v.cut("B-tree key", keyBytes)
		child := v.u64()
		if got == 0 {
			err = visit(key, child)
		} else {
			err = r.node1(child, kind, keyBytes, got-1, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
