package weights

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/hdf5"
)

// h5Params are the parameters of a network in an HDF5 file.
type h5Params struct {
	file     string // its name with a colon, if it has one
	datasets map[string]*hdf5.Dataset
}

// Match finds the parameters of a network in a file of Keras. They must be all
// of the network, in the order of nn.Weights; Name and Shape are what counts.
//
// As in Keras, a file of Keras 1 or 2 is matched by order, since names of layers
// have changed over the years: layer by layer, and in a layer weight by weight.
// A file of Keras 3 is matched by the names of layers, where it has them, or else
// by class and order. What is missing, surplus or of another shape is an error
// that lists the first few. Only floats are accepted.
//
// What it returns reads a parameter when it is asked for, as float32, as often as
// one likes. It is safe for concurrent use if the file's io.ReaderAt is.
func (h *H5) Match(parameters []Parameter) (Params, error) {
	p, err := h.match(parameters)
	if err != nil {
		return nil, h.wrap(err)
	}
	return p, nil
}

func (h *H5) match(parameters []Parameter) (*h5Params, error) {
	wanted, err := byLayer(parameters)
	if err != nil {
		return nil, err
	}
	got, named, err := h.layers()
	if err != nil {
		return nil, err
	}
	if named {
		got = arrange(got, wanted)
	}
	if err := compare(wanted, got); err != nil {
		return nil, err
	}
	p := &h5Params{file: h.name, datasets: make(map[string]*hdf5.Dataset, len(parameters))}
	for i, layer := range wanted {
		for j, w := range layer {
			p.datasets[w.Name] = got[i].weights[j]
		}
	}
	return p, nil
}

// Param reads a parameter of the list that was matched.
func (p *h5Params) Param(name string, shape ...int) (*tensor.Dense, error) {
	d, ok := p.datasets[name]
	if !ok {
		return nil, fmt.Errorf("weights: %s%s: not among the parameters that were matched", p.file, name)
	}
	if !slices.Equal(d.Shape, shape) {
		return nil, &ShapeError{Name: name, File: p.file + d.Path, Want: slices.Clone(shape), Got: slices.Clone(d.Shape)}
	}
	values, err := d.Float32s()
	if err != nil {
		return nil, fmt.Errorf("weights: %s%s: %w", p.file, name, err)
	}
	return dense(values, shape), nil
}

// byLayer cuts a list of parameters where their layer changes.
func byLayer(parameters []Parameter) ([][]Parameter, error) {
	var layers [][]Parameter
	seen := map[string]bool{}
	for i, p := range parameters {
		if err := checkName(p.Name); err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i, err)
		}
		if err := checkShape(p.Shape); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		if seen[p.Name] {
			return nil, fmt.Errorf("%s: listed twice", p.Name)
		}
		seen[p.Name] = true
		if i == 0 || layerOf(p.Name) != layerOf(parameters[i-1].Name) {
			layers = append(layers, nil)
		}
		last := &layers[len(layers)-1]
		*last = append(*last, p)
	}
	return layers, nil
}

// arrange brings the layers of Keras 3 into the order of those wanted, by name or
// else by class. Layers that are not wanted come last.
func arrange(got []h5Layer, wanted [][]Parameter) []h5Layer {
	byName := map[string]int{}
	next := map[string][]int{} // the layers of a class, in order
	for i, l := range got {
		if l.name != "" {
			byName[l.name] = i
		} else {
			next[l.class] = append(next[l.class], i)
		}
	}
	used := make([]bool, len(got))
	var list []h5Layer
	for _, layer := range wanted {
		i, ok := byName[layerOf(layer[0].Name)]
		if !ok {
			for _, class := range classes(layer) {
				if n := next[class]; len(n) > 0 {
					i, ok, next[class] = n[0], true, n[1:]
					break
				}
			}
		}
		if ok && !used[i] {
			used[i] = true
			list = append(list, got[i])
		}
	}
	for i, l := range got {
		if !used[i] {
			list = append(list, l)
		}
	}
	return list
}

// classes are the classes, in snake case, that a layer with these weights may
// have in Keras.
func classes(layer []Parameter) []string {
	w := layer[0]
	switch base := path.Base(w.Name); {
	case base == "gamma" || base == "beta":
		return []string{"batch_normalization"}
	case base == "depthwise_kernel" && len(layer) > 1 && path.Base(layer[1].Name) == "pointwise_kernel":
		return []string{"separable_conv2d"}
	case base == "depthwise_kernel":
		return []string{"depthwise_conv2d"}
	case len(w.Shape) == 2:
		return []string{"dense"}
	case w.Shape[len(w.Shape)-1] == 1:
		return []string{"depthwise_conv2d", "conv2d"}
	}
	return []string{"conv2d"}
}

const maxListed = 5 // differences in an error

// compare returns an error that lists the first differences.
func compare(wanted [][]Parameter, got []h5Layer) error {
	var list []string
	n, i, j := 0, 0, 0
	differ := func(text string) {
		if n++; n <= maxListed {
			list = append(list, text)
		}
	}
	for i < len(wanted) || j < len(got) {
		fits := func(i, j int) bool { return i < len(wanted) && j < len(got) && difference(wanted[i], got[j]) == "" }
		switch {
		case fits(i, j):
			i, j = i+1, j+1
		case i == len(wanted) || fits(i, j+1):
			differ("surplus layer " + got[j].String())
			j++
		case j == len(got) || fits(i+1, j):
			differ("missing layer " + describe(wanted[i]))
			i++
		default:
			differ(difference(wanted[i], got[j]))
			i, j = i+1, j+1
		}
	}
	if n == 0 {
		return nil
	}
	if n > maxListed {
		list = append(list, fmt.Sprintf("and %d more", n-maxListed))
	}
	const largestTop = 3 // layers; VGG's
	switch extra := len(got) - len(wanted); {
	case n == extra && n <= largestTop && len(wanted) > 0 && difference(wanted[len(wanted)-1], got[len(wanted)-1]) == "":
		list = append(list, "perhaps the file has a classifier on top and the network has not")
	case n == -extra && n <= largestTop && len(got) > 0 && difference(wanted[len(got)-1], got[len(got)-1]) == "":
		list = append(list, "perhaps the network has a classifier on top and the file has not")
	}
	return fmt.Errorf("want %d layers with weights, got %d: %s", len(wanted), len(got), strings.Join(list, "; "))
}

// difference says what is different in a layer, "" if it fits.
func difference(wanted []Parameter, got h5Layer) string {
	same := len(wanted) == len(got.weights)
	for i := 0; same && i < len(wanted); i++ {
		same = slices.Equal(wanted[i].Shape, got.weights[i].Shape) && got.weights[i].Type.IsFloat()
	}
	if same {
		return ""
	}
	return fmt.Sprintf("layer %s: got %s", describe(wanted), got)
}

func describe(layer []Parameter) string {
	var b strings.Builder
	b.WriteString(layerOf(layer[0].Name))
	for i, p := range layer {
		fmt.Fprintf(&b, "%s %s %v", separator(i), path.Base(p.Name), p.Shape)
	}
	return b.String()
}

// String describes a layer with its first few weights.
func (l h5Layer) String() string {
	const most = 8
	var b strings.Builder
	b.WriteString(l.name)
	if l.name == "" {
		fmt.Fprintf(&b, "%s %d", l.class, l.number)
	}
	for i, d := range l.weights {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(l.weights)-most)
			break
		}
		fmt.Fprintf(&b, "%s %s %v", separator(i), path.Base(d.Path), d.Shape)
		if t := d.Type; !t.IsFloat() || t.Size() != 4 {
			fmt.Fprintf(&b, " %v", t)
		}
	}
	return b.String()
}

func separator(i int) string {
	if i == 0 {
		return " with"
	}
	return ","
}
