package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A group of that many entries needs three levels of B-tree nodes.
const manyEntries = 2*leafK*2*internalK*2*internalK + 3

func TestWriteManyEntries(t *testing.T) {
	for _, n := range []int{0, 1, 2 * leafK, 2*leafK + 1, 2 * leafK * 2 * internalK, 2*leafK*2*internalK + 1, manyEntries} {
		root := &Node{}
		for i := range n {
			root.Children = append(root.Children, &Node{Name: fmt.Sprintf("name%d", n-i), Attributes: []Strings{{Name: "number", Values: []string{fmt.Sprint(i), "last"}}}})
		}
		var file bytes.Buffer
		if err := Write(&file, root); err != nil {
			t.Fatal(err)
		}
		g, err := openBytes(t, file.Bytes()).Root()
		if err != nil {
			t.Fatal(err)
		}
		names, err := g.Names()
		if err != nil || len(names) != n {
			t.Errorf("want %d names, got %d, %v", n, len(names), err)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			if i < 0 || i >= n {
				continue
			}
			child, err := g.Group(fmt.Sprintf("name%d", n-i))
			if err != nil {
				t.Fatal(err)
			}
			a, err := child.Attribute("number")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := a.Strings(); err != nil || !slices.Equal(got, []string{fmt.Sprint(i), "last"}) {
				t.Errorf("entry %d of %d: got %q, %v", i, n, got, err)
			}
		}
	}
}

func floats(n int) func() ([]float32, error) {
	return func() ([]float32, error) { return make([]float32, n), nil }
}

func TestWriteRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name string
		root *Node
		want string
	}{
		{"twice", &Node{Children: []*Node{{Name: "a"}, {Name: "a"}}}, `"a"`},
		{"slash", &Node{Children: []*Node{{Name: "a/b"}}}, `"a/b"`},
		{"no name", &Node{Children: []*Node{{}}}, `""`},
		{"shape", &Node{Children: []*Node{{Name: "d", Shape: []int{2, 0}, Values: floats(0)}}}, "/d: want a shape"},
		{"overflow", &Node{Children: []*Node{{Name: "d", Shape: []int{1 << 40, 1 << 40}, Values: floats(0)}}}, "/d: want a shape"},
		{"few values", &Node{Children: []*Node{{Name: "g", Children: []*Node{{Name: "d", Shape: []int{3}, Values: floats(2)}}}}}, "/g/d: want 3 values"},
		{"no values", &Node{Children: []*Node{{Name: "d", Shape: []int{3}, Values: func() ([]float32, error) { return nil, broken }}}}, "/d: broken"},
		{"attribute", &Node{Attributes: []Strings{{Name: "a", Values: []string{strings.Repeat("x", 1<<16)}}}}, "too long"},
	} {
		if err := Write(&bytes.Buffer{}, test.root); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
	}
	if err := Write(full{}, &Node{Children: []*Node{{Name: "d", Shape: []int{1 << 16}, Values: floats(1 << 16)}}}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: got %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
