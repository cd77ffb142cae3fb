package hdf5

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
)

// symbol is an entry of a group: its name in the heap and its header.
type symbol struct{ name, header uint64 }

// branch is a child of a B-tree node and the last name in it.
type branch struct{ addr, last uint64 }

// tree puts a group's sorted entries into symbol table nodes, and those under a
// B-tree of as many levels as it takes. It returns the address of its root.
func (b *builder) tree(symbols []symbol) uint64 {
	var nodes []branch
	for len(symbols) > 0 {
		part := symbols[:min(len(symbols), 2*leafK)]
		symbols = symbols[len(part):]
		nodes = append(nodes, branch{b.symbolNode(part), part[len(part)-1].name})
	}
	for level := 0; ; level++ {
		var parents []branch
		first := uint64(0) // the name before those of a node
		addrs := b.treeAddresses(len(nodes))
		for i, at := range addrs {
			part := nodes[:min(len(nodes), 2*internalK)]
			nodes = nodes[len(part):]
			left, right := uint64(undefined), uint64(undefined)
			if i > 0 {
				left = addrs[i-1]
			}
			if i+1 < len(addrs) {
				right = addrs[i+1]
			}
			b.treeNode(level, left, right, first, part)
			if len(part) > 0 {
				first = part[len(part)-1].last
			}
			parents = append(parents, branch{at, first})
		}
		if len(parents) == 1 {
			return parents[0].addr
		}
		nodes = parents
	}
}

const (
	symbolNodeBytes = 8 + 2*leafK*40
	treeNodeBytes   = 24 + (2*internalK+1)*8 + 2*internalK*8
)

// treeAddresses is where the nodes for so many children will be; an empty group
// has one, too.
func (b *builder) treeAddresses(children int) []uint64 {
	list := []uint64{b.meta.end()}
	for n := 2 * internalK; n < children; n += 2 * internalK {
		list = append(list, list[len(list)-1]+treeNodeBytes)
	}
	return list
}

func (b *builder) symbolNode(part []symbol) uint64 {
	n := binary.LittleEndian.AppendUint16([]byte("SNOD\x01\x00"), uint16(len(part)))
	for _, s := range part {
		n = binary.LittleEndian.AppendUint64(n, s.name)
		n = binary.LittleEndian.AppendUint64(n, s.header)
		n = append(n, make([]byte, 24)...) // nothing cached
	}
	return b.meta.put(append(n, make([]byte, symbolNodeBytes-len(n))...))
}

func (b *builder) treeNode(level int, left, right, first uint64, part []branch) {
	n := binary.LittleEndian.AppendUint16([]byte{'T', 'R', 'E', 'E', 0, byte(level)}, uint16(len(part)))
	n = binary.LittleEndian.AppendUint64(n, left)
	n = binary.LittleEndian.AppendUint64(n, right)
	n = binary.LittleEndian.AppendUint64(n, first)
	for _, c := range part {
		n = binary.LittleEndian.AppendUint64(n, c.addr)
		n = binary.LittleEndian.AppendUint64(n, c.last)
	}
	b.meta.put(append(n, make([]byte, treeNodeBytes-len(n))...))
}

// writeValues writes the datasets in the order in which they were placed.
func writeValues(w *bufio.Writer, path string, n *Node) error {
	if n.Values != nil {
		values, err := n.Values()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if want, _ := count(n.Shape); len(values) != want {
			return fmt.Errorf("%s: want %d values for shape %v, got %d", path, want, n.Shape, len(values))
		}
		for _, v := range values {
			if w.Available() < 4 {
				if err := w.Flush(); err != nil {
					return err
				}
			}
			if _, err := w.Write(binary.LittleEndian.AppendUint32(w.AvailableBuffer(), math.Float32bits(v))); err != nil {
				return err
			}
		}
		if len(values)%2 == 1 {
			if _, err := w.Write(make([]byte, 4)); err != nil {
				return err
			}
		}
	}
	for _, c := range n.Children {
		if err := writeValues(w, path+"/"+c.Name, c); err != nil {
			return err
		}
	}
	return nil
}
