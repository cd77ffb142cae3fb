package hdf5

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Node is a group or a float32 dataset to be written.
type Node struct {
	Name       string
	Attributes []Strings
	Children   []*Node // of a group
	Shape      []int   // of a dataset, every size positive
	// Values returns the values of a dataset in C order. It is nil for a group
	// and called when they are written, so that one dataset at a time is in
	// memory.
	Values func() ([]float32, error)
}

// Strings is an attribute to be written: a list of strings of fixed length.
type Strings struct {
	Name   string
	Values []string
	Scalar bool // one value instead of a list
}

// MaxAttribute is how many bytes the strings of an attribute may have, padded to
// the longest. Keras splits longer lists.
const MaxAttribute = 64512

// Write writes a file with superblock 0, groups by symbol table and contiguous
// datasets: what every HDF5 library ever made can read. root has no name. The
// values come before the structures, which are built from the leaves up: so each
// address is known when it is written, and w need not be seekable.
func Write(w io.Writer, root *Node) error {
	if err := write(w, root); err != nil {
		return fmt.Errorf("hdf5: write: %w", err)
	}
	return nil
}

func write(w io.Writer, root *Node) error {
	b := builder{end: superblockBytes}
	b.place(root)
	b.meta.base = b.end
	group, err := b.group("", root)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(superblock0(group, b.meta.end())); err != nil {
		return err
	}
	if err := writeValues(out, "", root); err != nil {
		return err
	}
	if _, err := out.Write(b.meta.b); err != nil {
		return err
	}
	return out.Flush()
}

const (
	superblockBytes = 96
	leafK           = 4  // half of the symbols in a node
	internalK       = 16 // half of the children of a B-tree node
)

// superblock0 is section II.A.
func superblock0(root groupAddresses, end uint64) []byte {
	b := []byte(signature)
	b = append(b, 0, 0, 0, 0, 0, 8, 8, 0) // versions, sizes of offsets and lengths
	b = binary.LittleEndian.AppendUint16(b, leafK)
	b = binary.LittleEndian.AppendUint16(b, internalK)
	b = binary.LittleEndian.AppendUint32(b, 0)
	const base, free, driver, name, cached = 0, undefined, undefined, 0, 1
	for _, v := range []uint64{base, free, end, driver, name, root.header, cached, root.tree, root.heap} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

// builder makes the structures of a file.
type builder struct {
	end  uint64 // of the values
	data map[*Node]uint64
	meta piece // everything behind the values
}

// place gives each dataset its address.
func (b *builder) place(n *Node) {
	if b.data == nil {
		b.data = map[*Node]uint64{}
	}
	if n.Values != nil {
		count, _ := count(n.Shape)
		b.data[n] = b.end
		b.end += align(4 * uint64(count))
	}
	for _, c := range n.Children {
		b.place(c)
	}
}

func align(n uint64) uint64 { return (n + 7) &^ 7 }

// piece is bytes that begin at an address.
type piece struct {
	base uint64
	b    []byte
}

func (p *piece) end() uint64 { return p.base + uint64(len(p.b)) }

// put appends bytes, padded with zeros, and returns their address.
func (p *piece) put(b []byte) uint64 {
	at := p.end()
	p.b = append(p.b, b...)
	p.b = append(p.b, make([]byte, -len(b)&7)...)
	return at
}

// object puts an object and returns the address of its header.
func (b *builder) object(path string, n *Node) (uint64, error) {
	if n.Values != nil {
		return b.dataset(path, n)
	}
	g, err := b.group(path, n)
	return g.header, err
}

func (b *builder) dataset(path string, n *Node) (uint64, error) {
	total, ok := count(n.Shape)
	if !ok || len(n.Children) > 0 || len(n.Shape) > maxRank || total < 1 {
		return 0, fmt.Errorf("%s: want a shape of positive sizes and no children, got %v and %d children", path, n.Shape, len(n.Children))
	}
	h := headerBuilder{}
	space := []byte{1, byte(len(n.Shape)), 0, 0, 0, 0, 0, 0}
	for _, size := range n.Shape {
		space = binary.LittleEndian.AppendUint64(space, uint64(size))
	}
	h.add(dataspaceMessage, space)
	h.add(datatypeMessage, []byte{
		1<<4 | floatingPoint, 2 << 4, 31, 0, 4, 0, 0, 0, // the sign is bit 31, the mantissa's first bit is implied
		0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0,
	})
	const fillMessage = 0x05
	h.add(fillMessage, []byte{2, 2, 2, 1, 0, 0, 0, 0}) // none
	place := []byte{3, contiguous}
	place = binary.LittleEndian.AppendUint64(place, b.data[n])
	h.add(layoutMessage, binary.LittleEndian.AppendUint64(place, 4*uint64(total)))
	return h.finish(b, path, n)
}

// groupAddresses is where the parts of a group are.
type groupAddresses struct{ header, tree, heap uint64 }

func (b *builder) group(path string, n *Node) (groupAddresses, error) {
	var g groupAddresses
	children := slices.SortedFunc(slices.Values(n.Children), func(x, y *Node) int { return strings.Compare(x.Name, y.Name) })
	heap := make([]byte, 8) // the empty name
	var symbols []symbol
	for i, c := range children {
		if c.Name == "" || strings.ContainsAny(c.Name, "/\x00") || i > 0 && c.Name == children[i-1].Name {
			return g, fmt.Errorf("%s: want names that differ and have no slash, got %q", path, c.Name)
		}
		header, err := b.object(path+"/"+c.Name, c)
		if err != nil {
			return g, err
		}
		symbols = append(symbols, symbol{name: uint64(len(heap)), header: header})
		heap = append(heap, c.Name...)
		heap = append(heap, make([]byte, 8-len(heap)&7)...) // at least one zero
	}
	data := b.meta.put(heap)
	g.tree = b.tree(symbols)
	const noFree = 1
	head := binary.LittleEndian.AppendUint64([]byte("HEAP\x00\x00\x00\x00"), uint64(len(heap)))
	head = binary.LittleEndian.AppendUint64(head, noFree)
	g.heap = b.meta.put(binary.LittleEndian.AppendUint64(head, data))
	h := headerBuilder{}
	h.add(symbolTableMessage, binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, g.tree), g.heap))
	var err error
	g.header, err = h.finish(b, path, n)
	return g, err
}

// headerBuilder makes an object header of version 1.
type headerBuilder struct {
	count    int
	messages []byte
	err      error
}

func (h *headerBuilder) add(kind int, data []byte) {
	size := align(uint64(len(data)))
	if size > math.MaxUint16 {
		h.err = errors.Join(h.err, fmt.Errorf("a message of %d bytes is too long", size))
		return
	}
	h.messages = binary.LittleEndian.AppendUint16(h.messages, uint16(kind))
	h.messages = binary.LittleEndian.AppendUint16(h.messages, uint16(size))
	h.messages = append(h.messages, 0, 0, 0, 0)
	h.messages = append(h.messages, data...)
	h.messages = append(h.messages, make([]byte, -len(data)&7)...)
	h.count++
}

// finish adds the attributes and puts the header.
func (h *headerBuilder) finish(b *builder, path string, n *Node) (uint64, error) {
	for _, a := range n.Attributes {
		h.add(attributeMessage, a.message())
	}
	if h.err != nil {
		return 0, fmt.Errorf("%s: %w", path, h.err)
	}
	head := []byte{1, 0}
	head = binary.LittleEndian.AppendUint16(head, uint16(h.count))
	head = binary.LittleEndian.AppendUint32(head, 1) // references
	head = binary.LittleEndian.AppendUint32(head, uint32(len(h.messages)))
	head = append(head, 0, 0, 0, 0)
	return b.meta.put(append(head, h.messages...)), nil
}

// message is the attribute message of version 1.
func (a Strings) message() []byte {
	longest := 1
	for _, s := range a.Values {
		longest = max(longest, len(s))
	}
	name := append([]byte(a.Name), 0)
	const zeroPadded = 1
	kind := binary.LittleEndian.AppendUint32([]byte{1<<4 | stringClass, zeroPadded, 0, 0}, uint32(longest))
	space := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	if !a.Scalar {
		space[1] = 1
		space = binary.LittleEndian.AppendUint64(space, uint64(len(a.Values)))
	}
	b := []byte{1, 0}
	for _, part := range [][]byte{name, kind, space} {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(part)))
	}
	for _, part := range [][]byte{name, kind, space} {
		b = append(b, part...)
		b = append(b, make([]byte, -len(part)&7)...)
	}
	for _, s := range a.Values {
		b = append(b, s...)
		b = append(b, make([]byte, longest-len(s))...)
	}
	return b
}
