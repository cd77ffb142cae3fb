package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cairnml/cairn/internal/half"
)

// converter returns the function that makes float32 of len(dst) elements of
// type t. Integers and float64 are rounded to the nearest.
func (t Type) converter() (func(dst []float32, src []byte), error) {
	if !t.IsFloat() && !t.IsInteger() {
		return nil, fmt.Errorf("want floats or integers, got %v", t)
	}
	if t.IsFloat() && t.size == 4 && !t.bigEndian {
		return littleFloat32, nil // what nearly all files have
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if t.bigEndian {
		order = binary.BigEndian
	}
	element := t.element()
	return func(dst []float32, src []byte) {
		for i := range dst {
			dst[i] = element(word(order, src[i*t.size:], t.size))
		}
	}, nil
}

func littleFloat32(dst []float32, src []byte) {
	src = src[:4*len(dst)]
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i : 4*i+4]))
	}
}

func word(order binary.ByteOrder, b []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// element converts the bits of one element.
func (t Type) element() func(uint64) float32 {
	switch {
	case t.IsFloat() && t.size == 2:
		return func(w uint64) float32 { return half.From(uint16(w)) }
	case t.IsFloat() && t.size == 4:
		return func(w uint64) float32 { return math.Float32frombits(uint32(w)) }
	case t.IsFloat():
		return func(w uint64) float32 { return float32(math.Float64frombits(w)) }
	case t.signed:
		unused := 64 - 8*t.size
		return func(w uint64) float32 { return float32(int64(w<<unused) >> unused) }
	}
	return func(w uint64) float32 { return float32(w) }
}
