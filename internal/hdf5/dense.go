package hdf5

// dense visits the objects of a fractal heap that the records of a B-tree point
// to: a record has an identifier of the heap behind skip bytes.
func (f *File) dense(heapAt, treeAt uint64, kind, skip int, visit func(*view) error) error {
	heap, err := f.fractalHeap(heapAt)
	if err != nil {
		return err
	}
	return f.tree2(treeAt, kind, func(record *view) error {
		record.skip(skip)
		object, err := heap.object(record)
		if err != nil {
			return err
		}
		return visit(object)
	})
}
