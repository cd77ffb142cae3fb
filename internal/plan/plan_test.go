package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// net declares layers. Their names do not matter to a plan.
type net struct {
	t *testing.T
	n int
}

func (b *net) add(op layer.Op, in ...*layer.Layer) *layer.Layer {
	b.t.Helper()
	b.n++
	l, err := layer.New(fmt.Sprintf("l%d", b.n), op, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *net) input(h, w, c int) *layer.Layer { return b.add(layer.Input{Shape: []int{h, w, c}}) }

func (b *net) conv(x *layer.Layer, filters, size int) *layer.Layer {
	return b.add(layer.Conv2D{Window: window(size, 1), Filters: filters, Groups: 1}, x)
}

func (b *net) norm(x *layer.Layer) *layer.Layer {
	return b.add(layer.BatchNormalization{Epsilon: 1e-3}, x)
}

func (b *net) relu(x *layer.Layer) *layer.Layer {
	return b.add(layer.Activate{Activation: layer.Activation{Function: layer.ReLU}}, x)
}

func (b *net) pad(x *layer.Layer, n int) *layer.Layer {
	return b.add(layer.ZeroPadding2D{Pad: [4]int{n, n, n, n}}, x)
}

func window(size, stride int) layer.Window {
	return layer.Window{Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Same: size%2 == 1}
}

// describe lists the steps: what they do, and what has been folded into them.
func describe(p *plan.Plan) string {
	var steps []string
	for _, s := range p.Steps {
		d := s.Op.Algorithm()
		switch op := s.Op.(type) {
		case plan.Conv:
			if op.Prologue != nil {
				d = "norm>" + d
			}
			if op.Window.Pad != [4]int{} {
				d = "pad>" + d
			}
			if op.Norm != nil {
				d += ">norm"
			}
			if op.Accumulate {
				d += ">sum"
				if p.Values[s.In[1]].Buffer == p.Values[s.Out].Buffer {
					d += " in place"
				}
			}
			if op.Activation.Function != layer.Linear {
				d += ">" + op.Activation.Function.String()
			}
		case plan.Pool:
			if op.Zeros {
				d = "pad>" + d
			}
			if op.Prologue != nil {
				d = "norm>" + d
			}
		case plan.GlobalPool:
			if op.Prologue != nil {
				d = "norm>" + d
			}
		case plan.Concat:
			for _, v := range s.In {
				if p.Values[v].Buffer != p.Values[s.Out].Buffer {
					d += " copy"
				}
			}
		}
		steps = append(steps, d)
	}
	return strings.Join(steps, ", ")
}

// TestRewrites states what becomes of the patterns that are rewritten and of
// what only looks like them. Whether the numbers stay the same is tested in nn.
func TestRewrites(t *testing.T) {
	for _, c := range []struct {
		name, want string
		build      func(b *net) []*layer.Layer
	}{
		{"padding into convolution and pool", "pad>max pool, pad>conv, conv", func(b *net) []*layer.Layer {
			x := b.pad(b.pad(b.input(6, 6, 3), 1), 1)
			return []*layer.Layer{b.add(layer.Conv2D{Window: window(2, 2), Filters: 3, Groups: 1}, x),
				b.conv(b.add(layer.MaxPooling2D{Window: window(2, 2)}, x), 2, 1)}
		}},
		{"padding that a pool can't take", "pad, max pool, average pool", func(b *net) []*layer.Layer {
			x := b.pad(b.input(6, 6, 3), 1)
			return []*layer.Layer{b.add(layer.MaxPooling2D{Window: window(3, 2)}, x), b.add(layer.AveragePooling2D{Window: window(2, 2)}, x)}
		}},
		{"norm and activation after", "conv>norm>relu", func(b *net) []*layer.Layer {
			return []*layer.Layer{b.relu(b.norm(b.conv(b.input(6, 6, 3), 4, 1)))}
		}},
		{"an output keeps its value", "conv, norm>conv>relu", func(b *net) []*layer.Layer {
			x := b.conv(b.input(6, 6, 3), 4, 1)
			return []*layer.Layer{x, b.relu(b.conv(b.norm(x), 4, 1))}
		}},
		{"norm before two 1×1", "norm>conv, norm>conv", func(b *net) []*layer.Layer {
			x := b.relu(b.norm(b.input(6, 6, 3)))
			return []*layer.Layer{b.conv(x, 2, 1), b.conv(x, 4, 1)}
		}},
		{"norm before 1×1 and 3×3", "norm, conv, pad>conv", func(b *net) []*layer.Layer {
			x := b.relu(b.norm(b.input(6, 6, 3)))
			return []*layer.Layer{b.conv(x, 2, 1), b.conv(x, 4, 3)}
		}},
		{"norm before many weights", "norm, conv", func(b *net) []*layer.Layer {
			return []*layer.Layer{b.conv(b.relu(b.norm(b.input(2, 2, 512))), 513, 1)}
		}},
		{"average before 1×1", "norm>average pool, conv>norm>relu", func(b *net) []*layer.Layer {
			x := b.conv(b.relu(b.norm(b.input(7, 7, 3))), 2, 1)
			return []*layer.Layer{b.relu(b.norm(b.add(layer.AveragePooling2D{Window: window(2, 2)}, x)))}
		}},
		{"norm before means", "norm>global average, norm>average pool", func(b *net) []*layer.Layer {
			x := b.relu(b.norm(b.input(6, 6, 3)))
			return []*layer.Layer{b.add(layer.GlobalAveragePooling2D{}, x), b.add(layer.AveragePooling2D{Window: window(2, 2)}, x)}
		}},
		{"norm before maxima and means that overlap", "norm, norm, max pool, average pool", func(b *net) []*layer.Layer {
			x := b.input(6, 6, 3)
			return []*layer.Layer{b.add(layer.MaxPooling2D{Window: window(2, 2)}, b.relu(b.norm(x))), b.add(layer.AveragePooling2D{Window: window(3, 2)}, b.relu(b.norm(x)))}
		}},
		{"norm after norm", "conv>norm, norm", func(b *net) []*layer.Layer {
			return []*layer.Layer{b.norm(b.norm(b.conv(b.input(6, 6, 3), 4, 1)))}
		}},
		{"average after activation", "conv>relu, global average", func(b *net) []*layer.Layer {
			return []*layer.Layer{b.add(layer.GlobalAveragePooling2D{}, b.relu(b.conv(b.input(7, 7, 3), 2, 1)))}
		}},
		{"sum onto what dies and what lives", "pad>conv>norm, pad>conv>sum in place>relu, conv>sum, multiply", func(b *net) []*layer.Layer {
			x := b.input(6, 6, 3)
			y := b.relu(b.add(layer.Add{}, b.conv(x, 4, 3), b.norm(b.conv(x, 4, 3))))
			return []*layer.Layer{b.add(layer.Multiply{}, b.add(layer.Add{}, y, b.conv(x, 4, 1)), y)}
		}},
		{"sum of a map and its own convolution", "conv, conv>sum", func(b *net) []*layer.Layer {
			x := b.conv(b.input(6, 6, 3), 4, 1)
			return []*layer.Layer{b.add(layer.Add{}, x, b.conv(x, 4, 1))}
		}},
		{"dense block", "conv, pad>conv, concat, pad>conv, concat, pad>conv, concat", func(b *net) []*layer.Layer {
			x := b.conv(b.input(6, 6, 3), 4, 1)
			for range 3 {
				x = b.add(layer.Concatenate{}, x, b.conv(x, 2, 3))
			}
			return []*layer.Layer{x}
		}},
		{"dense block, flat", "conv, pad>conv, concat, pad>conv, concat, pad>conv, concat", func(b *net) []*layer.Layer {
			maps := []*layer.Layer{b.conv(b.input(6, 6, 3), 4, 1)}
			x := maps[0]
			for range 3 {
				maps = append(maps, b.conv(x, 2, 3))
				x = b.add(layer.Concatenate{}, slices.Clone(maps)...)
			}
			return []*layer.Layer{x}
		}},
		{"the input and one channel are copied", "conv, concat copy copy", func(b *net) []*layer.Layer {
			x := b.input(6, 6, 3)
			return []*layer.Layer{b.add(layer.Concatenate{}, x, b.conv(x, 1, 1))}
		}},
		{"winograd by shape", "pad>winograd 4×4, pad>conv", func(b *net) []*layer.Layer {
			x := b.add(layer.Conv2D{Window: window(3, 1), Filters: 16, Groups: 1}, b.input(20, 20, 16))
			return []*layer.Layer{b.add(layer.Conv2D{Window: window(3, 2), Filters: 16, Groups: 1}, x)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := plan.Build(c.build(&net{t: t}), 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(p); got != c.want {
				t.Errorf("want %s\n got %s", c.want, got)
			}
		})
	}
}
