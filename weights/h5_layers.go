package weights

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cairnml/cairn/internal/hdf5"
)

// h5Layer is a layer with weights as a file has it.
type h5Layer struct {
	name    string // "" where the file has none
	class   string // Keras 3: the class in snake case
	number  int    // Keras 3: how many of the class came before
	weights []*hdf5.Dataset
}

// layers finds the layers with weights. named says that they go by name and not
// by their order.
func (h *H5) layers() (list []h5Layer, named bool, err error) {
	root, err := h.file.Root()
	if err != nil {
		return nil, false, err
	}
	for _, at := range []string{"/", "/model_weights"} {
		g, err := root.Group(at)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		names, err := splitStrings(g, "layer_names")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		list, err = legacyLayers(g, names)
		return list, false, err
	}
	list, err = h.countedLayers()
	return list, true, err
}

// splitStrings reads an attribute of strings. Keras splits one that is too long
// for HDF5 into name0, name1 and so on.
func splitStrings(g *hdf5.Group, name string) ([]string, error) {
	a, err := g.Attribute(name)
	if err == nil {
		return a.Strings()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []string
	for i := 0; ; i++ {
		a, e := g.Attribute(name + strconv.Itoa(i))
		if errors.Is(e, fs.ErrNotExist) && i > 0 {
			return list, nil
		}
		if errors.Is(e, fs.ErrNotExist) {
			return nil, err // that of the whole name
		}
		if e != nil {
			return nil, e
		}
		part, e := a.Strings()
		if e != nil {
			return nil, e
		}
		list = append(list, part...)
	}
}

// legacyLayers finds the weights of the named layers of a group.
func legacyLayers(g *hdf5.Group, names []string) ([]h5Layer, error) {
	var list []h5Layer
	for _, name := range names {
		layer, err := g.Group(name)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", name, err)
		}
		weightNames, err := splitStrings(layer, "weight_names")
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", name, err)
		}
		if len(weightNames) == 0 {
			continue
		}
		l := h5Layer{name: name}
		for _, w := range weightNames {
			d, err := layer.Dataset(w)
			if err != nil {
				return nil, fmt.Errorf("layer %s: %w", name, err)
			}
			l.weights = append(l.weights, d)
		}
		list = append(list, l)
	}
	return list, nil
}

// countedLayers finds what Keras 3 writes: /layers/conv2d_1/vars/0, where newer
// versions give the layer's name as an attribute of vars.
func (h *H5) countedLayers() ([]h5Layer, error) {
	const vars = "vars"
	byPath := map[string]*h5Layer{}
	var list []*h5Layer
	err := h.file.Walk(func(g *hdf5.Group, d *hdf5.Dataset) error {
		if g != nil && path.Base(g.Path) == vars && inLayers(g.Path) {
			l := &h5Layer{}
			l.class, l.number = counted(path.Base(path.Dir(g.Path)))
			a, err := g.Attribute("name")
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return err
			default:
				names, err := a.Strings()
				if err != nil {
					return fmt.Errorf("%s: %w", g.Path, err)
				}
				l.name = strings.Join(names, "")
			}
			byPath[g.Path] = l
			list = append(list, l)
		}
		if d != nil {
			if l := byPath[path.Dir(d.Path)]; l != nil {
				l.weights = append(l.weights, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNoWeights
	}
	var weighted []h5Layer
	for _, l := range list {
		if len(l.weights) == 0 {
			continue
		}
		if err := l.sort(); err != nil {
			return nil, err
		}
		weighted = append(weighted, *l)
	}
	slices.SortStableFunc(weighted, func(a, b h5Layer) int { return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.number, b.number)) })
	return weighted, nil
}

// inLayers reports whether a group belongs to a layer, and not to an optimizer.
// Keras 2.12 to 2.15 have another name for what is now layers.
func inLayers(p string) bool {
	return strings.HasPrefix(p, "/layers/") || strings.HasPrefix(p, "/_layer_checkpoint_dependencies/")
}

// counted splits conv2d_1 into conv2d and 1, conv2d into conv2d and 0.
func counted(name string) (class string, number int) {
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		if n, err := strconv.Atoi(name[i+1:]); err == nil && n > 0 {
			return name[:i], n
		}
	}
	return name, 0
}

// sort puts the weights into the order of their numbers.
func (l *h5Layer) sort() error {
	for _, d := range l.weights {
		if _, err := strconv.Atoi(path.Base(d.Path)); err != nil {
			return fmt.Errorf("%s: want a number for a name", d.Path)
		}
	}
	slices.SortFunc(l.weights, func(a, b *hdf5.Dataset) int {
		x, _ := strconv.Atoi(path.Base(a.Path))
		y, _ := strconv.Atoi(path.Base(b.Path))
		return x - y
	})
	return nil
}
