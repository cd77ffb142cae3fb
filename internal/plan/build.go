package plan

import (
	"fmt"

	"github.com/cairnml/cairn/internal/layer"
)

// builder walks the layers from input to outputs and appends steps.
type builder struct {
	plan    *Plan
	without Rewrite
	ordered []*layer.Layer
	outputs []*layer.Layer
	readers map[*layer.Layer][]*layer.Layer
	output  map[*layer.Layer]bool
	value   map[*layer.Layer]int
	padding map[*layer.Layer][4]int // of folded ZeroPadding2D layers, whose value is still unpadded
	covered map[*layer.Layer]bool   // by the step of a layer before
}

func newBuilder(outputs []*layer.Layer, without Rewrite) *builder {
	b := &builder{
		plan:    &Plan{Input: -1},
		without: without,
		ordered: layer.Ordered(outputs...),
		outputs: outputs,
		readers: map[*layer.Layer][]*layer.Layer{},
		output:  map[*layer.Layer]bool{},
		value:   map[*layer.Layer]int{},
		padding: map[*layer.Layer][4]int{},
		covered: map[*layer.Layer]bool{},
	}
	for _, l := range b.ordered {
		for _, in := range l.In {
			b.readers[in] = append(b.readers[in], l)
		}
	}
	for _, l := range outputs {
		b.output[l] = true
	}
	return b
}

func (b *builder) build() error {
	for _, l := range b.ordered {
		if b.covered[l] {
			continue
		}
		if err := b.layer(l); err != nil {
			return fmt.Errorf("plan: %s (%s): %w", l.Name, l.Op.Class(), err)
		}
	}
	for _, l := range b.outputs {
		b.plan.Outputs = append(b.plan.Outputs, b.value[l])
	}
	return nil
}

// layer plans one layer and those after it that fuse with it.
func (b *builder) layer(l *layer.Layer) error {
	switch op := l.Op.(type) {
	case layer.Input:
		if b.plan.Input >= 0 {
			return fmt.Errorf("a second input: want one")
		}
		b.plan.Input = b.newValue(l)
		b.value[l] = b.plan.Input
	case layer.Dropout:
		b.value[l] = b.value[l.In[0]]
	case layer.ZeroPadding2D:
		if b.foldable(l) {
			b.padding[l] = add(b.padding[l.In[0]], op.Pad)
			b.value[l] = b.value[l.In[0]]
		} else {
			b.step(Pad{op.Pad}, l)
		}
	case layer.Conv2D:
		b.conv(l, op.Window, op.Groups, op.Activation)
	case layer.DepthwiseConv2D:
		b.conv(l, op.Window, l.In[0].Shape[2], op.Activation)
	case layer.Dense:
		activation, last := b.activation(op.Activation, l)
		b.step(Dense{Layer: l, Activation: activation}, last...)
		b.softmax(op.Activation, l)
	case layer.BatchNormalization:
		activation, last := b.activation(layer.Activation{}, l)
		b.step(Norm{Layer: l, Activation: activation}, last...)
	case layer.Activate:
		if op.Function == layer.Softmax {
			b.step(Softmax{}, l)
		} else {
			b.step(Activate{op.Activation}, l)
		}
	case layer.MaxPooling2D:
		b.step(Pool{Window: explicit(op.Window, l.In[0].Shape), Max: true}, l)
	case layer.AveragePooling2D:
		b.step(Pool{Window: explicit(op.Window, l.In[0].Shape)}, l)
	case layer.GlobalMaxPooling2D:
		b.step(GlobalPool{Max: true}, l)
	case layer.GlobalAveragePooling2D:
		b.step(GlobalPool{}, l)
	case layer.Add:
		activation, last := b.activation(layer.Activation{}, l)
		b.step(Add{Activation: activation}, last...)
	case layer.Multiply:
		b.step(Multiply{}, l)
	case layer.Concatenate:
		b.step(Concat{}, l)
	case layer.Flatten:
		b.step(Flatten{}, l)
	default:
		return fmt.Errorf("no step for this layer")
	}
	return nil
}

// conv plans a convolution with the padding before it and the normalization and
// activation after it.
func (b *builder) conv(l *layer.Layer, w layer.Window, groups int, own layer.Activation) {
	in := l.In[0]
	op := Conv{Layer: l, Window: explicit(w, in.Shape), Groups: groups, In: in.Shape[2], Out: l.Shape[2]}
	op.Window.Pad = add(op.Window.Pad, b.padding[in])

	var folded []*layer.Layer
	for p := in; b.padding[p] != [4]int{}; p = p.In[0] {
		folded = append([]*layer.Layer{p}, folded...)
	}
	last := []*layer.Layer{l}
	if next := b.only(l); next != nil && own.Function == layer.Linear && b.without&FoldNorm == 0 {
		if _, ok := next.Op.(layer.BatchNormalization); ok {
			op.Norm = next
			last = append(last, next)
		}
	}
	op.Activation, last = b.activation(own, last...)
	b.step(op, append(folded, last...)...)
	b.softmax(own, l)
}

// activation returns the function to fuse into the step of the given layers:
// their own, or that of the layer after them, which is then covered too.
func (b *builder) activation(own layer.Activation, layers ...*layer.Layer) (layer.Activation, []*layer.Layer) {
	switch {
	case own.Function == layer.Softmax:
		return layer.Activation{}, layers
	case own.Function != layer.Linear || b.without&FuseActivation != 0:
		return own, layers
	}
	next := b.only(layers[len(layers)-1])
	if next == nil {
		return own, layers
	}
	op, ok := next.Op.(layer.Activate)
	if !ok || op.Function == layer.Softmax {
		return own, layers
	}
	return op.Activation, append(layers, next)
}

// softmax adds the softmax that is a layer's own activation.
func (b *builder) softmax(own layer.Activation, l *layer.Layer) {
	if own.Function != layer.Softmax {
		return
	}
	in := b.value[l]
	out := b.newValue(l)
	b.plan.Steps = append(b.plan.Steps, Step{Op: Softmax{}, In: []int{in}, Out: out, Layers: []string{l.Name}})
	b.value[l] = out
}

// step appends a step that covers the layers: it reads what the first one that
// is not folded padding reads, and writes the value of the last.
func (b *builder) step(op Op, layers ...*layer.Layer) {
	s := Step{Op: op}
	for _, in := range layers[0].In {
		s.In = append(s.In, b.value[in])
	}
	for _, l := range layers {
		s.Layers = append(s.Layers, l.Name)
		b.covered[l] = true
	}
	last := layers[len(layers)-1]
	s.Out = b.newValue(last)
	b.value[last] = s.Out
	b.plan.Steps = append(b.plan.Steps, s)
}

// only returns the single reader of a layer whose own value nobody needs.
func (b *builder) only(l *layer.Layer) *layer.Layer {
	if r := b.readers[l]; len(r) == 1 && !b.output[l] {
		return r[0]
	}
	return nil
}

// foldable says whether all readers of a ZeroPadding2D can pad by themselves.
func (b *builder) foldable(l *layer.Layer) bool {
	if b.without&FoldPadding != 0 || b.output[l] || len(b.readers[l]) == 0 {
		return false
	}
	for _, r := range b.readers[l] {
		switch r.Op.(type) {
		case layer.Conv2D, layer.DepthwiseConv2D:
		case layer.ZeroPadding2D:
			if !b.foldable(r) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (b *builder) newValue(l *layer.Layer) int {
	v := Value{Layer: l.Name, H: 1, W: 1, C: l.Shape[len(l.Shape)-1]}
	if len(l.Shape) == 3 {
		v.H, v.W = l.Shape[0], l.Shape[1]
	}
	b.plan.Values = append(b.plan.Values, v)
	return len(b.plan.Values) - 1
}

// explicit replaces "same" by the padding that it means for this input.
func explicit(w layer.Window, in []int) layer.Window {
	w.Pad = w.Padding(in[0], in[1])
	w.Same = false
	return w
}

func add(a, b [4]int) [4]int {
	for i := range a {
		a[i] += b[i]
	}
	return a
}
