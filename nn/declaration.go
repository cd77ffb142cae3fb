package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/cairnml/cairn/internal/layer"
)

// layerClasses are the layers that a declaration may have, by their Go type.
var layerClasses = map[string]layer.Op{
	"Input": layer.Input{}, "Dense": layer.Dense{}, "Dropout": layer.Dropout{}, "Activate": layer.Activate{},
	"BatchNormalization": layer.BatchNormalization{}, "Add": layer.Add{}, "Concatenate": layer.Concatenate{}, "Flatten": layer.Flatten{},
}

// layerJSON is one layer of a declaration.
type layerJSON struct {
	Name   string          `json:"name"`
	Class  string          `json:"class"`
	Config json.RawMessage `json:"config"`
	In     []string        `json:"in,omitempty"`
}

// Marshal returns the declaration of the network that ends in output as JSON,
// for files that hold a trained network beside its weights. It knows the layers
// that a [Trainer] can train; others are an error.
func Marshal(output *Node) ([]byte, error) {
	roots, err := layersOf([]*Node{output})
	if err != nil {
		return nil, err
	}
	var list []layerJSON
	for _, l := range layer.Ordered(roots...) {
		class := reflect.TypeOf(l.Op).Name()
		if _, ok := layerClasses[class]; !ok {
			return nil, fmt.Errorf("nn: %s (%s): layers of this class cannot be written as JSON", l.Name, l.Op.Class())
		}
		config, err := json.Marshal(l.Op)
		if err != nil {
			return nil, fmt.Errorf("nn: %s: %w", l.Name, err)
		}
		j := layerJSON{Name: l.Name, Class: class, Config: config}
		for _, in := range l.In {
			j.In = append(j.In, in.Name)
		}
		list = append(list, j)
	}
	return json.Marshal(list)
}

// Unmarshal adds the layers that [Marshal] has written and returns the output of
// the last one. The node in takes the place of their input.
func (b *Builder) Unmarshal(text []byte, in *Node) *Node {
	last, err := b.unmarshal(text, in)
	if err != nil {
		b.Fail(err)
		return b.add("", layer.Flatten{}) // without shape
	}
	return last
}

func (b *Builder) unmarshal(text []byte, input *Node) (*Node, error) {
	var list []layerJSON
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("declaration: %w", err)
	}
	nodes, last := map[string]*Node{}, (*Node)(nil)
	for i, j := range list {
		if j.Class == "Input" {
			nodes[j.Name] = input
			continue
		}
		class, ok := layerClasses[j.Class]
		if !ok || j.Name == "" {
			return nil, fmt.Errorf("declaration: layer %d: want a name and a class that can be trained, got %q of %q", i, j.Name, j.Class)
		}
		op := reflect.New(reflect.TypeOf(class))
		if err := json.Unmarshal(j.Config, op.Interface()); err != nil {
			return nil, fmt.Errorf("declaration: %s (%s): %w", j.Name, j.Class, err)
		}
		in := make([]*Node, len(j.In))
		for k, name := range j.In {
			if in[k] = nodes[name]; in[k] == nil {
				return nil, fmt.Errorf("declaration: %s (%s): no layer %q before it", j.Name, j.Class, name)
			}
		}
		last = b.add(j.Name, op.Elem().Interface().(layer.Op), in...)
		nodes[j.Name] = last
	}
	if last == nil {
		return nil, errors.New("declaration: no layers")
	}
	return last, nil
}
