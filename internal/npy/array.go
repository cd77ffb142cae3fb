package npy

import (
	"fmt"
	"math"
)

// Dtype is the type of an array's elements in the file.
type Dtype uint8

// The element types; Float32 is the zero value.
const (
	Float32 Dtype = iota
	Float16
	Float64
	Uint8
	Int64
)

// dtypes lists, by Dtype, NumPy's name, its descr in a header and the bytes of
// an element.
var dtypes = [...]struct {
	name, descr string
	size        int
}{
	Float32: {"float32", "<f4", 4},
	Float16: {"float16", "<f2", 2},
	Float64: {"float64", "<f8", 8},
	Uint8:   {"uint8", "|u1", 1},
	Int64:   {"int64", "<i8", 8},
}

// String returns NumPy's name of the type, such as "float32".
func (d Dtype) String() string {
	if int(d) < len(dtypes) {
		return dtypes[d].name
	}
	return fmt.Sprintf("Dtype(%d)", uint8(d))
}

// Size returns the bytes of one element in the file.
func (d Dtype) Size() int { return dtypes[d].size }

// ParseDtype is the inverse of [Dtype.String].
func ParseDtype(name string) (Dtype, error) {
	for d, t := range dtypes {
		if t.name == name {
			return Dtype(d), nil
		}
	}
	return 0, fmt.Errorf("npy: dtype: want float16, float32, float64, uint8 or int64, got %q", name)
}

// Header is what a file says of its array before the data.
type Header struct {
	Dtype Dtype
	Shape []int // empty for a scalar
}

// Len returns the number of elements, or an error when a size is negative or
// the array would not fit in memory.
func (h Header) Len() (int, error) {
	if int(h.Dtype) >= len(dtypes) {
		return 0, fmt.Errorf("npy: unknown dtype %v", h.Dtype)
	}
	n := 1
	for _, size := range h.Shape {
		if size < 0 {
			return 0, fmt.Errorf("npy: shape %v: negative size", h.Shape)
		}
		if size == 0 {
			return 0, nil
		}
		if n > math.MaxInt/8/size {
			return 0, fmt.Errorf("npy: shape %v: too large", h.Shape)
		}
		n *= size
	}
	return n, nil
}

// Array is an array in memory, elements in C order. Only the slice of its Dtype
// is set: Float32 for float32 and, widened, for float16.
type Array struct {
	Header
	Float32 []float32
	Float64 []float64
	Uint8   []uint8
	Int64   []int64
}

// AsFloat32 returns the elements of a float array as float32: the array's own
// slice, or a rounded copy of float64. Integers are an error.
func (a *Array) AsFloat32() ([]float32, error) {
	switch a.Dtype {
	case Float32, Float16:
		return a.Float32, nil
	case Float64:
		out := make([]float32, len(a.Float64))
		for i, v := range a.Float64 {
			out[i] = float32(v)
		}
		return out, nil
	}
	return nil, fmt.Errorf("npy: want an array of floats, got %v", a.Dtype)
}

// AsFloat64 returns the elements of any array as float64: the array's own
// slice, or a copy.
func (a *Array) AsFloat64() []float64 {
	switch a.Dtype {
	case Float64:
		return a.Float64
	case Uint8:
		return widen(a.Uint8)
	case Int64:
		return widen(a.Int64)
	}
	return widen(a.Float32)
}

func widen[T float32 | uint8 | int64](in []T) []float64 {
	out := make([]float64, len(in))
	for i, v := range in {
		out[i] = float64(v)
	}
	return out
}
