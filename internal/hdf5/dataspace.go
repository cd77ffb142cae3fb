package hdf5

import (
	"math"
	"math/bits"
)

const maxRank = 32 // as in the format

// unlimited is the maximum of a side that can grow without end.
const unlimited = -1

// parseShape decodes a dataspace message, section IV.A.2.b: sizes and what they
// can grow to. A scalar has an empty shape, an array without elements has a zero
// in it, and so has the null dataspace.
func parseShape(v *view) (shape, most []int, err error) {
	version, rank, flags := v.u8(), v.u8(), v.u8()
	kind := 1
	switch {
	case v.err != nil:
	case version == 1:
		v.skip(5)
	case version == 2:
		kind = v.u8()
	default:
		v.fail("want a dataspace of version 1 or 2, got %d", version)
	}
	const null = 2
	if v.err == nil && kind == null {
		return []int{0}, []int{0}, nil
	}
	if rank > maxRank {
		v.fail("want at most %d dimensions, got %d", maxRank, rank)
	}
	shape = sizes(v, rank)
	const hasMaxima = 1
	if most = shape; flags&hasMaxima != 0 {
		most = sizes(v, rank)
	}
	for i, size := range most {
		if size != unlimited && size < shape[i] || shape[i] == unlimited {
			v.fail("want sizes of at most %v, got %v", most, shape)
		}
	}
	if v.err != nil {
		return nil, nil, v.err
	}
	if _, ok := count(shape); !ok {
		return nil, nil, v.errorf("shape %v: the number of elements overflows", shape)
	}
	return shape, most, nil
}

// sizes decodes n sizes, of which all ones is unlimited.
func sizes(v *view, n int) []int {
	var list []int
	for range n {
		size := v.u64()
		switch {
		case v.err != nil:
			return nil
		case size == math.MaxUint64:
			list = append(list, unlimited)
		case size > math.MaxInt64:
			v.fail("want a size below 2⁶³, got %d", size)
		default:
			list = append(list, int(size))
		}
	}
	return list
}

// count multiplies sizes, and reports whether the product is one that can be
// computed with further.
func count(shape []int) (n int, ok bool) {
	total := uint64(1)
	for _, size := range shape {
		if size == 0 {
			return 0, true
		}
	}
	for _, size := range shape {
		high, low := bits.Mul64(total, uint64(size))
		if total = low; high != 0 || low > math.MaxInt64>>8 {
			return 0, false
		}
	}
	return int(total), true
}
