package nn

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"gorgonia.org/tensor"
)

// broken are declarations that can't be, and what the error must name.
var broken = []struct {
	name  string
	build func(b *Builder) *Node
	want  []string
}{
	{"kernel larger than map", func(b *Builder) *Node {
		return b.In("block1").Conv2D("conv", b.Input("in", 4, 4, 3), Conv2D{Filters: 2, Kernel: 7})
	}, []string{"block1_conv (Conv2D)", "4×4", "7×7"}},
	{"no filters", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 4, 4, 3), Conv2D{Kernel: 1})
	}, []string{"c (Conv2D)", "filters", "got 0"}},
	{"no kernel", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 4, 4, 3), Conv2D{Filters: 1})
	}, []string{"c (Conv2D)", "size [0 0]"}},
	{"groups do not divide", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 4, 4, 3), Conv2D{Filters: 4, Kernel: 1, Groups: 2})
	}, []string{"groups", "3 channels and 4 filters", "got 2"}},
	{"dense on a map", func(b *Builder) *Node {
		return b.Dense("d", b.Input("in", 4, 4, 3), Dense{Units: 2})
	}, []string{"d (Dense)", "[4 4 3]", "pool or flatten"}},
	{"shapes differ", func(b *Builder) *Node {
		x := b.Input("in", 4, 4, 3)
		return b.Add("a", x, b.MaxPooling2D("m", x, Pool{Size: 2}))
	}, []string{"a (Add)", "[4 4 3] and [2 2 3]"}},
	{"gate of other width", func(b *Builder) *Node {
		x := b.Input("in", 4, 4, 3)
		return b.Multiply("m", x, b.MaxPooling2D("p", x, Pool{Size: 2}))
	}, []string{"m (Multiply)", "[2 2 3]"}},
	{"duplicate name", func(b *Builder) *Node {
		return b.Flatten("x", b.Flatten("x", b.Input("in", 4, 4, 3)))
	}, []string{"x: there is a layer of that name"}},
	{"name that leaves the folder", func(b *Builder) *Node {
		return b.Flatten("../x", b.Input("in", 4, 4, 3))
	}, []string{`"../x"`}},
	{"rate", func(b *Builder) *Node { return b.Dropout("o", b.Input("in", 4), Dropout{Rate: 1}) },
		[]string{"o (Dropout)", "[0, 1)", "got 1"}},
	{"nil input", func(b *Builder) *Node { return b.Flatten("f", nil) }, []string{"f (Flatten)", "nil"}},
	{"other builder", func(b *Builder) *Node { return b.Flatten("f", NewBuilder().Input("elsewhere", 4)) },
		[]string{"elsewhere", "another builder"}},
	{"input shape", func(b *Builder) *Node { return b.Input("in", 4, 4) }, []string{"in (InputLayer)", "[H, W, C] or [D]"}},
	{"same and explicit", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 4, 4, 3), Conv2D{Filters: 1, Kernel: 3, Padding: Same, Pad: Around(1)})
	}, []string{"c: padding Same"}},
	{"activation", func(b *Builder) *Node { return b.Activation("a", b.Input("in", 4), 99) }, []string{"no activation 99"}},
	{"stride and dilation", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 9, 9, 3), Conv2D{Filters: 1, Kernel: 3, Stride: 2, Dilation: 2})
	}, []string{"stride", "dilation"}},
}

func TestDeclarationErrors(t *testing.T) {
	for _, c := range broken {
		b := NewBuilder()
		out := c.build(b)
		// Layers after the error do nothing and hide nothing.
		out = b.Flatten("later", b.ReLU("still_later", out, 0))
		_, err := Compile(drawn{}, Config{}, out)
		if err == nil {
			t.Errorf("%s: want an error", c.name)
			continue
		}
		for _, want := range append(c.want, "nn: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want %q in %q", c.name, want, err)
			}
		}
	}
}

// empty has no parameters.
type empty struct{ err error }

func (e empty) Param(string, ...int) (*tensor.Dense, error) { return nil, e.err }

// wrong returns tensors of another shape.
type wrong struct{}

func (wrong) Param(string, ...int) (*tensor.Dense, error) {
	return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(2, 2)), nil
}

func TestCompileErrors(t *testing.T) {
	out := sample(t)
	other := NewBuilder()
	x := other.Add("a", other.Input("one", 3), other.Input("two", 3))
	for _, c := range []struct {
		name   string
		params Params
		config Config
		out    []*Node
		want   string
	}{
		{"no weights", nil, Config{}, []*Node{out}, "no weights given"},
		{"missing weight", empty{fs.ErrNotExist}, Config{}, []*Node{out}, "file does not exist"},
		{"source returns nothing", empty{}, Config{}, []*Node{out}, "stem/kernel"},
		{"other shape", wrong{}, Config{}, []*Node{out}, "stem/kernel: want shape [3 3 3 8], got (2, 2)"},
		{"negative batch", drawn{}, Config{Batch: -1}, []*Node{out}, "batch -1"},
		{"no output", drawn{}, Config{}, nil, "no outputs"},
		{"two inputs", drawn{}, Config{}, []*Node{x}, "two (InputLayer)"},
		{"two builders", drawn{}, Config{}, []*Node{out, x}, "different builders"},
	} {
		_, err := Compile(c.params, c.config, c.out...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", c.name, c.want, err)
		}
	}
	if _, err := Compile(empty{fs.ErrNotExist}, Config{}, out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want the source's error wrapped, got %v", err)
	}
}

func TestRunErrors(t *testing.T) {
	m, err := Compile(drawn{}, Config{Batch: 2}, sample(t))
	if err != nil {
		t.Fatal(err)
	}
	good, _ := batchOf(1, []int{16, 12, 3}, 1)
	transposed, _ := batchOf(1, []int{12, 16, 3}, 1)
	large, _ := batchOf(3, []int{16, 12, 3}, 1)
	for _, c := range []struct {
		name  string
		batch *tensor.Dense
		want  string
	}{
		{"none", nil, "got none"},
		{"transposed", transposed, "want float32 [N, 16, 12, 3] with N from 1 to 2, got (1, 12, 16, 3)"},
		{"too many", large, "got (3, 16, 12, 3)"},
		{"float64", tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(1, 16, 12, 3)), "got float64"},
		{"no batch axis", tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(16, 12, 3)), "got (16, 12, 3)"},
	} {
		if _, err := m.Run(t.Context(), c.batch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", c.name, c.want, err)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Run(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: want context.Canceled, got %v", err)
	}
	if _, err := m.Run(t.Context(), good); err != nil {
		t.Errorf("after an error the model must still run: %v", err)
	}
}
