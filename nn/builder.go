package nn

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/cairnml/cairn/internal/layer"
)

// Builder records the layers of one network. Its methods add a layer and return
// its output; the first error sticks, after which they do nothing, so that only
// [Builder.Err] needs to be checked.
//
// Every layer has a name that is unique in the network. An empty name asks for
// the one that Keras would give: max_pooling2d, max_pooling2d_1 and so on.
type Builder struct {
	net    *network
	prefix string
}

// network is what the scopes of one Builder share.
type network struct {
	names map[string]bool
	err   error
}

// Node is the output of a layer.
type Node struct {
	layer *layer.Layer
	net   *network
}

// Name returns the name of the layer.
func (n *Node) Name() string { return n.layer.Name }

// Shape returns the output's shape without the batch: [H, W, C] or [D]. It is
// nil after an error.
func (n *Node) Shape() []int { return append([]int(nil), n.layer.Shape...) }

// NewBuilder returns a Builder without layers.
func NewBuilder() *Builder {
	return &Builder{net: &network{names: map[string]bool{}}}
}

// Err returns the first error of the builder and its scopes.
func (b *Builder) Err() error { return b.net.err }

// In returns a builder of the same network that puts scope and an underscore
// before the names of its layers: In("conv2_block1") names 1_conv
// conv2_block1_1_conv. Names that Keras would choose get no prefix.
func (b *Builder) In(scope string) *Builder {
	return &Builder{net: b.net, prefix: b.prefix + scope + "_"}
}

// Input declares where photos or features enter: shape is [H, W, C] or [D].
func (b *Builder) Input(name string, shape ...int) *Node {
	return b.add(name, layer.Input{Shape: shape})
}

// Fail makes err the builder's error unless it has one already: for functions
// that declare layers and find their arguments wrong.
func (b *Builder) Fail(err error) {
	if b.net.err == nil && err != nil {
		b.net.err = fmt.Errorf("nn: %w", err)
	}
}

// add records a layer. After an error it returns a node without shape.
func (b *Builder) add(name string, op layer.Op, in ...*Node) *Node {
	failed := &Node{layer: &layer.Layer{Name: name, Op: op}, net: b.net}
	if b.net.err != nil {
		return failed
	}
	if name == "" {
		name = b.autoName(op.Class())
	} else {
		name = b.prefix + name
	}
	layers := make([]*layer.Layer, len(in))
	for i, n := range in {
		switch {
		case n == nil:
			b.Fail(fmt.Errorf("%s (%s): input %d is nil", name, op.Class(), i))
			return failed
		case n.net != b.net:
			b.Fail(fmt.Errorf("%s (%s): input %s belongs to another builder", name, op.Class(), n.Name()))
			return failed
		}
		layers[i] = n.layer
	}
	if err := b.checkName(name); err != nil {
		b.Fail(err)
		return failed
	}
	l, err := layer.New(name, op, layers...)
	if err != nil {
		b.Fail(err)
		return failed
	}
	b.net.names[name] = true
	return &Node{layer: l, net: b.net}
}

// checkName refuses names that would clash or could not name a weight's file.
func (b *Builder) checkName(name string) error {
	if b.net.names[name] {
		return fmt.Errorf("%s: there is a layer of that name already", name)
	}
	for _, part := range strings.Split(name, "/") {
		if part == "" || part == "." || part == ".." {
			return fmt.Errorf("%q: not a layer name", name)
		}
	}
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == '\\' || r == ':' }) {
		return fmt.Errorf("%q: a layer name has no control characters, backslashes or colons", name)
	}
	return nil
}

// autoName is Keras's name for an unnamed layer: the class in snake case and,
// from the second on, a number.
func (b *Builder) autoName(class string) string {
	base := snakeCase(class)
	name := base
	for i := 1; b.net.names[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

// snakeCase turns MaxPooling2D into max_pooling2d and ReLU into re_lu, as Keras
// does (keras/src/utils/naming.py).
func snakeCase(class string) string {
	var s strings.Builder
	runes := []rune(class)
	for i, r := range runes {
		boundary := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if boundary {
			s.WriteByte('_')
		}
		s.WriteRune(unicode.ToLower(r))
	}
	return s.String()
}

// layersOf returns the layers behind nodes of one network, or the builder's
// error.
func layersOf(nodes []*Node) ([]*layer.Layer, error) {
	if len(nodes) == 0 {
		return nil, errors.New("nn: no outputs")
	}
	layers := make([]*layer.Layer, len(nodes))
	for i, n := range nodes {
		if n == nil {
			return nil, fmt.Errorf("nn: output %d is nil", i)
		}
		if n.net.err != nil {
			return nil, n.net.err
		}
		if n.net != nodes[0].net {
			return nil, fmt.Errorf("nn: outputs %s and %s belong to different builders", nodes[0].Name(), n.Name())
		}
		layers[i] = n.layer
	}
	return layers, nil
}

// Nodes returns the outputs of all layers that the given outputs depend on,
// themselves included, in the order of Keras's model.layers.
func Nodes(outputs ...*Node) ([]*Node, error) {
	roots, err := layersOf(outputs)
	if err != nil {
		return nil, err
	}
	var nodes []*Node
	for _, l := range layer.Ordered(roots...) {
		nodes = append(nodes, &Node{layer: l, net: outputs[0].net})
	}
	return nodes, nil
}
