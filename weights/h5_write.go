package weights

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/cairnml/cairn/internal/hdf5"
)

// WriteH5 writes the parameters of a network as a legacy weight file of Keras,
// which load_weights of Keras 1 to 3 reads. They must be all of the network, in
// the order of nn.Weights; Name and Shape are what counts. One parameter at a
// time is in memory. w gets a whole file only if the error is nil. Its name should
// end in .h5 but not in .weights.h5, which Keras 3 takes for its own format.
func WriteH5(w io.Writer, parameters []Parameter, params Params) error {
	if params == nil {
		return errors.New("weights: write HDF5: no parameters given")
	}
	root, err := legacyTree(parameters, params)
	if err == nil {
		err = hdf5.Write(w, root)
	}
	if err != nil {
		return fmt.Errorf("weights: write HDF5: %w", err)
	}
	return nil
}

// legacyTree is the file: /conv1_conv/conv1_conv/kernel:0 and so on.
func legacyTree(parameters []Parameter, params Params) (*hdf5.Node, error) {
	layers, err := byLayer(parameters)
	if err != nil {
		return nil, err
	}
	root := &hdf5.Node{}
	var names []string
	seen := map[string]bool{}
	for _, layer := range layers {
		name := layerOf(layer[0].Name)
		if name == "" || seen[name] {
			return nil, fmt.Errorf("%s: want names such as conv1_conv/kernel, those of a layer together", layer[0].Name)
		}
		seen[name] = true
		names = append(names, name)
		group := open(root, name)
		var weightNames []string
		for _, p := range layer {
			weightName := p.Name + ":0"
			weightNames = append(weightNames, weightName)
			folder := open(group, name)
			folder.Children = append(folder.Children, &hdf5.Node{Name: path.Base(weightName), Shape: p.Shape, Values: func() ([]float32, error) {
				t, err := params.Param(p.Name, p.Shape...)
				if err != nil {
					return nil, err
				}
				return valuesOf(t, p.Shape)
			}})
		}
		group.Attributes = split("weight_names", weightNames)
	}
	// Versions before 2 would have their kernels turned.
	root.Attributes = append(split("layer_names", names),
		hdf5.Strings{Name: "backend", Values: []string{"tensorflow"}, Scalar: true},
		hdf5.Strings{Name: "keras_version", Values: []string{"2.15.0"}, Scalar: true})
	return root, nil
}

// open returns the group at a path below g, which it makes if there is none.
func open(g *hdf5.Node, at string) *hdf5.Node {
steps:
	for step := range strings.SplitSeq(at, "/") {
		for _, c := range g.Children {
			if c.Name == step && c.Values == nil {
				g = c
				continue steps
			}
		}
		c := &hdf5.Node{Name: step}
		g.Children = append(g.Children, c)
		g = c
	}
	return g
}

// split makes an attribute of a list, or several with a number behind their name
// where HDF5 has no room for one, as Keras does.
func split(name string, list []string) []hdf5.Strings {
	longest := 1
	for _, s := range list {
		longest = max(longest, len(s))
	}
	most := max(1, hdf5.MaxAttribute/longest)
	if len(list) <= most {
		return []hdf5.Strings{{Name: name, Values: list}}
	}
	var parts []hdf5.Strings
	for len(list) > 0 {
		n := min(most, len(list))
		parts = append(parts, hdf5.Strings{Name: name + strconv.Itoa(len(parts)), Values: list[:n]})
		list = list[n:]
	}
	return parts
}
