package hdf5

import (
	"math"
	"math/bits"
)

const maxRank = 32 // as in the format

// parseShape decodes a dataspace message, section IV.A.2.b. A scalar has an
// empty shape, an array without elements has a zero in it, and so has the null
// dataspace.
func parseShape(v *view) ([]int, error) {
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
		return []int{0}, nil
	}
	if rank > maxRank {
		v.fail("want at most %d dimensions, got %d", maxRank, rank)
	}
	const hasMaximum = 1
	if flags&hasMaximum != 0 && v.err == nil && v.left() < 16*rank {
		v.fail("want %d dimensions and maxima, got %d bytes", rank, v.left())
	}
	shape := make([]int, 0, min(rank, maxRank))
	for range rank {
		n := v.u64()
		if v.err == nil && n > math.MaxInt64 {
			v.fail("want a size below 2⁶³, got %d", n)
		}
		shape = append(shape, int(n))
	}
	if v.err != nil {
		return nil, v.err
	}
	if _, ok := count(shape); !ok {
		return nil, v.errorf("shape %v: the number of elements overflows", shape)
	}
	return shape, nil
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
