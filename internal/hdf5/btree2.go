package hdf5

// tree2 visits the records of a B-tree of version 2, section III.A.2, in order.
func (r *reader) tree2(addr uint64, kind int, visit func(record *view) error) error {
	const size = 38
	v, err := r.read("B-tree", addr, size)
	if err != nil {
		return err
	}
	v.signature("BTHD", 0)
	got := v.u8()
	t := tree2{r: r, kind: kind, visit: visit, nodeBytes: v.u32(), recordBytes: v.u16()}
	depth := v.u16()
	v.skip(2) // when to split and merge
	root, records := v.u64(), v.u16()
	v.skip(8)
	v.sum()
	switch {
	case v.err != nil:
		return v.err
	case got != kind:
		return v.errorf("want records of type %d, got %d", kind, got)
	case t.recordBytes == 0 || depth > maxDepth2:
		return v.errorf("want records of some bytes and at most %d levels, got %d bytes and %d levels", maxDepth2, t.recordBytes, depth)
	case root == undefined:
		return nil
	}
	t.measure(depth)
	return t.node(root, records, depth)
}

const (
	maxDepth2 = 16
	nodeHead  = 4 + 1 + 1 // bytes before the records of a node
	nodeTail  = 4         // checksum
)

type tree2 struct {
	r           *reader
	kind        int
	visit       func(*view) error
	nodeBytes   int
	recordBytes int
	countBytes  int   // of the number of records in a child
	totalBytes  []int // of the number of records below a child, by its level
}

// measure computes the sizes of pointers, which follow from how many records
// fit into nodes.
func (t *tree2) measure(depth int) {
	most := uint64(max(0, t.nodeBytes-nodeHead-nodeTail) / t.recordBytes)
	t.countBytes = numberBytes(most)
	t.totalBytes = []int{0} // a leaf's is its number of records
	for level := 1; level <= depth; level++ {
		pointer := t.pointerBytes(level)
		records := uint64(max(0, t.nodeBytes-nodeHead-nodeTail-pointer) / (t.recordBytes + pointer))
		if most < 1<<48/(records+1) {
			most = (records+1)*most + records
		}
		t.totalBytes = append(t.totalBytes, numberBytes(most))
	}
}

// pointerBytes is the size of a pointer in a node of that level.
func (t *tree2) pointerBytes(level int) int { return 8 + t.countBytes + t.totalBytes[level-1] }

func (t *tree2) node(addr uint64, records, level int) error {
	n := nodeHead + records*t.recordBytes + nodeTail
	if level > 0 {
		n += (records + 1) * t.pointerBytes(level)
	}
	v, err := t.r.read("B-tree node", addr, uint64(n))
	if err != nil {
		return err
	}
	letters := "BTLF"
	if level > 0 {
		letters = "BTIN"
	}
	v.signature(letters, 0)
	if got := v.u8(); v.err == nil && got != t.kind {
		v.fail("want records of type %d, got %d", t.kind, got)
	}
	v.sum()
	list := v.cut("B-tree records", records*t.recordBytes)
	for i := 0; i <= records; i++ {
		if v.err != nil {
			return v.err
		}
		if level > 0 {
			child, count := v.u64(), int(v.uint(t.countBytes))
			v.skip(t.totalBytes[level-1])
			if v.err == nil {
				v.err = t.node(child, count, level-1)
			}
			if v.err != nil {
				return v.err
			}
		}
		if i < records {
			if err := t.visit(list.cut("B-tree record", t.recordBytes)); err != nil {
				return err
			}
		}
	}
	return nil
}
