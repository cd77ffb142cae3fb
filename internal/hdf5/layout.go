package hdf5

// Classes of layouts.
const (
	compact    = 0
	contiguous = 1
	chunked    = 2
)

// layout says where the values of a dataset are, section IV.A.2.i.
type layout struct {
	class           int
	data            []byte // compact: the values
	addr            uint64 // contiguous: of the values; chunked: of the index
	bytes           uint64 // contiguous
	chunk           []int  // chunked: shape of a chunk
	bytesPerElement int
	index           index
}

// index says how chunks are found.
type index struct {
	kind     int
	pageBits int    // fixed array
	bytes    uint64 // single chunk, filtered: its size
	mask     uint32 // and its mask
}

// Kinds of indexes; all but the first are those of layout version 4.
const (
	indexTree1      = 0
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexTree2      = 5
)

func parseLayout(v *view) (layout, error) {
	var l layout
	version := v.u8()
	if v.err == nil && version != 3 && version != 4 {
		v.fail("want a layout of version 3 or 4, got %d", version)
	}
	l.class = v.u8()
	switch {
	case v.err != nil:
	case l.class == compact:
		l.data = v.bytes(v.u16())
	case l.class == contiguous:
		l.addr, l.bytes = v.u64(), v.u64()
	case l.class == chunked && version == 3:
		rank := v.u8()
		l.addr = v.u64()
		l.chunks(v, rank, 4)
	case l.class == chunked:
		flags, rank, n := v.u8(), v.u8(), v.u8()
		if n < 1 || n > 8 {
			v.fail("want sizes of 1 to 8 bytes, got %d", n)
		}
		const plainEdges = 1
		if flags&plainEdges != 0 {
			v.fail("chunks at the edges without filters are not supported")
		}
		l.chunks(v, rank, n)
		l.parseIndex(v, flags)
	default:
		v.fail("want a layout of class 0 to 2, got %d", l.class)
	}
	return l, v.err
}

// chunks decodes the shape of chunks: numbers of n bytes, of which the last is
// the size of an element.
func (l *layout) chunks(v *view, rank, n int) {
	if rank < 2 || rank > maxRank+1 {
		v.fail("want 2 to %d dimensions of chunks, got %d", maxRank+1, rank)
		return
	}
	for range rank {
		size := v.uint(n)
		if size < 1 || size >= 1<<32 {
			v.fail("want a chunk of 1 to 2³² elements a side, got %d", size)
		}
		if v.err != nil {
			return
		}
		l.chunk = append(l.chunk, int(size))
	}
	l.bytesPerElement = l.chunk[rank-1]
	l.chunk = l.chunk[:rank-1]
	if _, ok := count(l.chunk); !ok {
		v.fail("chunk %v: the number of elements overflows", l.chunk)
	}
}

func (l *layout) parseIndex(v *view, flags int) {
	l.index.kind = v.u8()
	switch l.index.kind {
	case indexSingle:
		const filtered = 2
		if flags&filtered != 0 {
			l.index.bytes, l.index.mask = v.u64(), uint32(v.u32())
		}
	case indexImplicit:
	case indexFixed:
		l.index.pageBits = v.u8()
	case indexExtensible:
		v.skip(5)
	case indexTree2:
		v.skip(6)
	default:
		v.fail("want an index of kind 1 to 5, got %d", l.index.kind)
	}
	l.addr = v.u64()
}
