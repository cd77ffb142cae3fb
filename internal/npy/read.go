package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cairnml/cairn/internal/half"
)

// chunk is how many bytes are read at a time, and where growing starts.
const chunk = 1 << 16

// Read reads a whole file, to its end.
func Read(r io.Reader) (*Array, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	return ReadData(r, h)
}

// ReadData reads the data that follow the header h, to the end of r. A caller
// can so look at the shape before paying for the data.
func ReadData(r io.Reader, h Header) (*Array, error) { return readData(r, h, 0) }

// readData is ReadData of data that are known to be there up to so many bytes.
func readData(r io.Reader, h Header, known int) (*Array, error) {
	n, err := h.Len()
	if err != nil {
		return nil, err
	}
	a := &Array{Header: h}
	switch h.Dtype {
	case Float32:
		a.Float32, err = elements(r, h, n, known, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			}
		})
	case Float16:
		a.Float32, err = elements(r, h, n, known, func(dst []float32, b []byte) {
			for i := range dst {
				dst[i] = half.From(binary.LittleEndian.Uint16(b[2*i:]))
			}
		})
	case Float64:
		a.Float64, err = elements(r, h, n, known, func(dst []float64, b []byte) {
			for i := range dst {
				dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
			}
		})
	case Uint8:
		a.Uint8, err = elements(r, h, n, known, func(dst []uint8, b []byte) { copy(dst, b) })
	case Int64:
		a.Int64, err = elements(r, h, n, known, func(dst []int64, b []byte) {
			for i := range dst {
				dst[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
			}
		})
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// elements reads n elements and the end of the file. Capacity doubles as data
// arrive beyond the known bytes, so that memory follows the data and not the
// header.
func elements[T any](r io.Reader, h Header, n, known int, decode func(dst []T, b []byte)) ([]T, error) {
	size := h.Dtype.Size()
	buf := make([]byte, min(chunk, n*size+1))
	out := make([]T, 0, min(n, max(chunk, known)/size))
	for len(out) < n {
		b := buf[:min(chunk/size, n-len(out))*size]
		got, err := io.ReadFull(r, b)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("npy: truncated in the data: want %d bytes for %v %v, got %d: %w",
				n*size, h.Dtype, h.Shape, len(out)*size+got, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, fmt.Errorf("npy: data: %w", err)
		}
		count := len(out) + len(b)/size
		if cap(out) < count {
			grown := make([]T, len(out), min(n, max(2*cap(out), count)))
			copy(grown, out)
			out = grown
		}
		decode(out[len(out):count], b)
		out = out[:count]
	}
	switch got, err := io.ReadFull(r, buf[:1]); {
	case got > 0:
		return nil, fmt.Errorf("npy: bytes after the data: want %d for %v %v, got more", n*size, h.Dtype, h.Shape)
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("npy: end of the data: %w", err)
	}
	return out, nil
}
