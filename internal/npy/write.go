package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/cairnml/cairn/internal/half"
)

// Write writes a in format version 1.0, the bytes that numpy.save writes.
// Float16 rounds the float32 elements to nearest, ties to even.
func Write(w io.Writer, a *Array) error {
	n, err := a.Len()
	if err != nil {
		return err
	}
	if len(a.Shape) > maxRank {
		return fmt.Errorf("npy: shape %v: more than %d dimensions", a.Shape, maxRank)
	}
	if _, err := w.Write(header(a.Header)); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	switch a.Dtype {
	case Float16:
		return write(w, a.Header, n, a.Float32, func(b []byte, v float32) {
			binary.LittleEndian.PutUint16(b, half.To(v))
		})
	case Float64:
		return write(w, a.Header, n, a.Float64, func(b []byte, v float64) {
			binary.LittleEndian.PutUint64(b, math.Float64bits(v))
		})
	case Uint8:
		return write(w, a.Header, n, a.Uint8, func(b []byte, v uint8) { b[0] = v })
	case Int64:
		return write(w, a.Header, n, a.Int64, func(b []byte, v int64) {
			binary.LittleEndian.PutUint64(b, uint64(v))
		})
	}
	return write(w, a.Header, n, a.Float32, func(b []byte, v float32) {
		binary.LittleEndian.PutUint32(b, math.Float32bits(v))
	})
}

// WriteHeader writes what comes before the data. However many rows an array has,
// the first size of Shape, its header is as long.
func WriteHeader(w io.Writer, h Header) error {
	_, err := w.Write(header(h))
	return err
}

// WriteFloat32 writes data that follow a header of Float32.
func WriteFloat32(w io.Writer, values []float32) error {
	return write(w, Header{Shape: []int{len(values)}}, len(values), values, func(b []byte, v float32) {
		binary.LittleEndian.PutUint32(b, math.Float32bits(v))
	})
}

// header returns everything before the data, padded to a multiple of 64 bytes.
func header(h Header) []byte {
	sizes := make([]string, len(h.Shape))
	for i, size := range h.Shape {
		sizes[i] = strconv.Itoa(size)
	}
	shape := strings.Join(sizes, ", ")
	if len(sizes) == 1 {
		shape += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtypes[h.Dtype].descr, shape)
	// NumPy leaves room for the first size to grow to 21 digits.
	if len(sizes) > 0 {
		dict += strings.Repeat(" ", 21-len(sizes[0]))
	}
	const start = len(magic) + 2 + 2
	pad := 64 - (start+len(dict)+1)%64
	length := len(dict) + pad + 1
	b := append([]byte(magic), 1, 0, byte(length), byte(length>>8))
	b = append(b, dict...)
	b = append(b, strings.Repeat(" ", pad)...)
	return append(b, '\n')
}

func write[T any](w io.Writer, h Header, n int, elements []T, encode func([]byte, T)) error {
	if len(elements) != n {
		return fmt.Errorf("npy: %v %v: want %d elements, got %d", h.Dtype, h.Shape, n, len(elements))
	}
	size := h.Dtype.Size()
	buf := make([]byte, min(chunk, n*size))
	for len(elements) > 0 {
		count := min(len(elements), chunk/size)
		for i, v := range elements[:count] {
			encode(buf[i*size:], v)
		}
		if _, err := w.Write(buf[:count*size]); err != nil {
			return fmt.Errorf("npy: %w", err)
		}
		elements = elements[count:]
	}
	return nil
}
