// Package op has the gorgonia ops of cairn: [Step], which runs a step of an
// inference plan, and the ops of training graphs, which have gradients. Each is
// a thin shell: the work is done by internal/kernel or by a short loop.
package op

import (
	"fmt"
	"hash"
	"hash/fnv"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// base is what all ops share. Each op has its own output buffer, so the machine
// must neither preallocate it nor hand it an input to overwrite.
//
// The key names the op with all of its configuration and an id that is unique
// within the graph. It is the op's whole identity: gorgonia merges two nodes of
// equal hash without comparing the ops, and an op that owns a buffer or a mask
// must never be merged with another.
type base struct {
	arity int
	key   string
}

func (b *base) Arity() int            { return b.arity }
func (b *base) ReturnsPtr() bool      { return false }
func (b *base) CallsExtern() bool     { return false }
func (b *base) OverwritesInput() int  { return -1 }
func (b *base) String() string        { return b.key }
func (b *base) WriteHash(h hash.Hash) { _, _ = h.Write([]byte(b.key)) }

func (b *base) Hashcode() uint32 {
	h := fnv.New32a()
	b.WriteHash(h)
	return h.Sum32()
}

// guard turns a panic of an op into an error. The machine runs ops on a
// goroutine of its own, where a panic would end the program.
func (b *base) guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("op: %s: %v", b.key, r)
	}
}

// inputs checks the number of inputs and that those named are float32 tensors
// stored row by row, and returns them.
func (b *base) inputs(in []G.Value, names ...string) ([]*tensor.Dense, error) {
	if len(in) != b.arity {
		return nil, fmt.Errorf("op: %s: want %d inputs, got %d", b.key, b.arity, len(in))
	}
	out := make([]*tensor.Dense, len(names))
	for i, name := range names {
		t, ok := in[i].(*tensor.Dense)
		switch {
		case !ok:
			return nil, fmt.Errorf("op: %s: %s: want a dense tensor, got %T", b.key, name, in[i])
		case t.Dtype() != tensor.Float32:
			return nil, fmt.Errorf("op: %s: %s: want float32, got %v", b.key, name, t.Dtype())
		case t.RequiresIterator() || t.DataOrder().IsColMajor():
			return nil, fmt.Errorf("op: %s: %s: want contiguous rows, got strides %v for shape %v", b.key, name, t.Strides(), t.Shape())
		}
		out[i] = t
	}
	return out, nil
}

// sameShape is an error unless all tensors have the shape of the first.
func (b *base) sameShape(ts ...*tensor.Dense) error {
	for _, t := range ts[1:] {
		if !t.Shape().Eq(ts[0].Shape()) {
			return fmt.Errorf("op: %s: want shape %v, got %v", b.key, ts[0].Shape(), t.Shape())
		}
	}
	return nil
}

// buffer returns own when it has the shape, else a new tensor.
func buffer(own *tensor.Dense, shape tensor.Shape) *tensor.Dense {
	if own != nil && own.Shape().Eq(shape) {
		return own
	}
	return tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
}

// firstShape is the shape rule of an elementwise op: that of its first input.
func (b *base) firstShape(in []G.DimSizer) (tensor.Shape, error) {
	if len(in) != b.arity {
		return nil, fmt.Errorf("op: %s: want %d inputs, got %d", b.key, b.arity, len(in))
	}
	shapes, err := G.DimSizersToShapes(in)
	if err != nil {
		return nil, err
	}
	for _, s := range shapes[1:] {
		if !s.Eq(shapes[0]) {
			return nil, fmt.Errorf("op: %s: want shape %v, got %v", b.key, shapes[0], s)
		}
	}
	return shapes[0].Clone(), nil
}
