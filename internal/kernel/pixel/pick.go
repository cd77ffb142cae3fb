package pixel

import "encoding/binary"

// Pick sets the pixels of dst to those of src at columns, which ascend and lie
// within it.
func (l Loops) Pick(dst, src []uint8, columns []int32) {
	// Four bytes are copied of each but the last, and those that end src.
	inner := len(columns) - 1
	for inner > 0 && 3*int(columns[inner-1])+4 > len(src) {
		inner--
	}
	for x := l.pickFast(dst, src, columns[:inner]); x < inner; x++ {
		binary.LittleEndian.PutUint32(dst[3*x:], binary.LittleEndian.Uint32(src[3*columns[x]:]))
	}
	for x, c := range columns[inner:] {
		copy(dst[3*(inner+x):], src[3*c:3*c+3])
	}
}
