package head

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/nn"
)

// Top is the classifier that a backbone was trained with: a dense layer over many
// classes, some of which may be those that a head is to tell apart.
type Top struct {
	Kernel  []float32 // [inputs, len(Classes)] in C order
	Bias    []float32 // [len(Classes)]
	Classes []string

	// Column is the first of the head's inputs that the top reads, for a member
	// that stands behind others in a stack.
	Column int
	// Scale is what kernel and bias are multiplied by, since the top was trained
	// to tell apart far more classes; 0 = 2.
	Scale float64
}

// ReadTop reads the top of that many inputs with the given classes from a
// backbone's weights: predictions/kernel and predictions/bias, as Keras's
// applications and the embedded EfficientNet-Lite0 have them.
func ReadTop(params nn.Params, inputs int, classes []string) (Top, error) {
	if params == nil {
		return Top{}, errors.New("head: top: no weights given")
	}
	kernel, err := params.Param("predictions/kernel", inputs, len(classes))
	if err != nil {
		return Top{}, fmt.Errorf("head: top: %w", err)
	}
	bias, err := params.Param("predictions/bias", len(classes))
	if err != nil {
		return Top{}, fmt.Errorf("head: top: %w", err)
	}
	return Top{Kernel: slices.Clone(kernel.Float32s()), Bias: slices.Clone(bias.Float32s()), Classes: slices.Clone(classes)}, nil
}

// FromTop returns a head of one dense layer (Config's Hidden and Layers must be
// nil) that begins with the top's weights for every class of a name that the top
// has, too, and with zeros for the others and for the inputs of other members. It
// tells classes apart before any training; [Head.Train] with a learning rate
// of 1e-4 makes it better. matched are the names that were found, in the order of
// Config.Classes; none is an error. Names are compared without regard to case,
// blanks and punctuation. Where two classes of the top share a name then (Cardigan
// the dog and cardigan the garment), the one counts whose kernel is more like those
// of the other classes found; without any other the name counts as not found.
func FromTop(c Config, top Top) (h *Head, matched []string, err error) {
	if c.Hidden != nil || c.Layers != nil {
		return nil, nil, errors.New("head: from top: want no hidden layers")
	}
	if h, err = declare(c); err != nil {
		return nil, nil, err
	}
	kernel, bias, matched, err := top.weights(c.Inputs, c.Classes)
	if err != nil {
		return nil, nil, fmt.Errorf("head: %w", err)
	}
	h.use(nn.Values{
		"predictions/kernel": tensor.New(tensor.WithShape(c.Inputs, len(c.Classes)), tensor.WithBacking(kernel)),
		"predictions/bias":   tensor.New(tensor.WithShape(len(c.Classes)), tensor.WithBacking(bias)),
	})
	_, err = h.compiled()
	return h, matched, err
}

// weights returns the scaled weights of those classes that the top has, zeros for
// the others, and the names that it has.
func (top Top) weights(inputs int, classes []string) (kernel, bias []float32, matched []string, err error) {
	columns, rows := len(top.Classes), 0
	if columns > 0 {
		rows = len(top.Kernel) / columns
	}
	if rows == 0 || rows*columns != len(top.Kernel) || len(top.Bias) != columns {
		return nil, nil, nil, fmt.Errorf("top: want a kernel [inputs, %d] and a bias [%d], got %d and %d values", columns, columns, len(top.Kernel), len(top.Bias))
	}
	if top.Column < 0 || top.Column > inputs-rows {
		return nil, nil, nil, fmt.Errorf("top: want columns %d to %d within %d inputs", top.Column, top.Column+rows-1, inputs)
	}
	scale := float32(top.Scale)
	if top.Scale == 0 {
		scale = 2
	}
	if !(scale > 0 && scale < 1e6) {
		return nil, nil, nil, fmt.Errorf("top: scale: want above 0, got %v", top.Scale)
	}
	kernel, bias = make([]float32, inputs*len(classes)), make([]float32, len(classes))
	for k, from := range findClasses(classes, top, rows) {
		if from < 0 {
			continue
		}
		matched = append(matched, classes[k])
		bias[k] = scale * top.Bias[from]
		for i := range rows {
			kernel[(top.Column+i)*len(classes)+k] = scale * top.Kernel[i*columns+from]
		}
	}
	if matched == nil {
		return nil, nil, nil, fmt.Errorf("top: want a class of its %d, got none: %q …", columns, classes[0])
	}
	return kernel, bias, matched, nil
}

// findClasses returns the top's column for each name, -1 where there is none.
func findClasses(names []string, top Top, rows int) []int {
	columns := len(top.Classes)
	places := make(map[string][]int, columns)
	for i, name := range top.Classes {
		places[plain(name)] = append(places[plain(name)], i)
	}
	found, sum := make([]int, len(names)), make([]float64, rows)
	for k, name := range names {
		found[k] = -1
		if p := places[plain(name)]; len(p) == 1 {
			found[k] = p[0]
			for i := range sum {
				sum[i] += float64(top.Kernel[i*columns+p[0]])
			}
		}
	}
	for k, name := range names { // those that several share
		if found[k] >= 0 {
			continue
		}
		most := 0.0
		for _, p := range places[plain(name)] {
			product, square := 0.0, 0.0
			for i, s := range sum {
				v := float64(top.Kernel[i*columns+p])
				product += s * v
				square += v * v
			}
			if like := product / math.Sqrt(square); like > most {
				found[k], most = p, like
			}
		}
	}
	return found
}

// plain is a name without case, blanks and punctuation.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
