package backbones

import (
	"fmt"
	"slices"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// Spec declares a backbone.
type Spec struct {
	Name string
	// Preprocess is what the weights were trained with: from RGB bytes to the
	// network's input.
	Preprocess data.Preprocess
	// InputSize is the usual height and width in pixels; 0 = 224.
	InputSize int
	// Build declares the layers from photos [N, H, W, 3] to a map [N, h, w, C].
	Build func(b *nn.Builder, x *nn.Node) *nn.Node
	// Top declares the classifier from that map to probabilities [N, classes];
	// nil is a global average and a dense layer "predictions" of 1,000 classes.
	Top func(b *nn.Builder, x *nn.Node) *nn.Node

	averagePool, maxPool string // names of the pools; "" = avg_pool, max_pool
}

// Pooling says what becomes of the last map.
type Pooling uint8

// The poolings.
const (
	Average   Pooling = iota // the mean of each channel: [N, C]
	Max                      // the maximum of each channel: [N, C]
	NoPooling                // the map itself: [N, h, w, C]
)

// String is Keras's name of the pooling: avg, max, none.
func (p Pooling) String() string {
	if int(p) < len(poolings) {
		return poolings[p]
	}
	return fmt.Sprintf("Pooling(%d)", p)
}

var poolings = [...]string{"avg", "max", "none"}

const (
	classes      = 1000 // of ImageNet
	minInputSize = 32   // pixels; below it the last map would vanish
)

// Config says how a backbone is used. The zero value is the usual: the spec's
// input size, average pooling, no top.
type Config struct {
	InputSize   int // height in pixels, and width unless InputWidth is set; 0 = the spec's
	InputWidth  int
	Pooling     Pooling
	Top         bool               // the 1,000-class classifier instead of features
	Interpolate data.Interpolation // how photos are resized; the zero value is Pillow's nearest, as in Keras
	KeepAspect  bool               // crop photos to the input's aspect ratio instead of stretching them
	Batch       int                // photos that Run takes at once; 0 = 32
	Threads     int                // 0 = GOMAXPROCS
	Kernel      nn.Kernel          // Auto = the fastest that this CPU has
	Pin         bool               // keep each worker thread on a core of its own; see nn.Config
	Device      nn.Device          // where the network runs; the zero value is the CPU
	Precision   nn.Precision       // of a GPU
}

// size returns height and width in pixels.
func (c Config) size(s Spec) (height, width int, err error) {
	height, width = c.InputSize, c.InputWidth
	if height == 0 {
		height = s.InputSize
	}
	if height == 0 {
		height = 224
	}
	if width == 0 {
		width = height
	}
	if height < minInputSize || width < minInputSize {
		return 0, 0, fmt.Errorf("backbones: %s: input size: want at least %d×%d pixels, got %d×%d",
			s.Name, minInputSize, minInputSize, height, width)
	}
	return height, width, nil
}

// Declare returns the spec's layers for a configuration: the input, and the
// output that the configuration asks for.
func (s Spec) Declare(c Config) (input, output *nn.Node, err error) {
	if s.Build == nil {
		return nil, nil, fmt.Errorf("backbones: %s: the spec has no Build function", s.Name)
	}
	height, width, err := c.size(s)
	if err != nil {
		return nil, nil, err
	}
	b := nn.NewBuilder()
	input = b.Input("input_layer", height, width, 3)
	output = s.Build(b, input)
	switch {
	case b.Err() != nil || output == nil:
		// reported below
	case c.Top && s.Top != nil:
		output = s.Top(b, output)
	case c.Top:
		output = b.GlobalAveragePooling2D("avg_pool", output)
		output = b.Dense("predictions", output, nn.Dense{Units: classes, Activation: nn.Softmax})
	case c.Pooling == Average:
		output = b.GlobalAveragePooling2D(orElse(s.averagePool, "avg_pool"), output)
	case c.Pooling == Max:
		output = b.GlobalMaxPooling2D(orElse(s.maxPool, "max_pool"), output)
	case c.Pooling != NoPooling:
		err = fmt.Errorf("backbones: %s: pooling: want Average, Max or NoPooling, got %v", s.Name, c.Pooling)
	}
	if err == nil {
		err = b.Err()
	}
	if err == nil && output == nil {
		err = fmt.Errorf("backbones: %s: Build returned no output", s.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return input, output, nil
}

// Parameters lists the parameters of a configuration, in the order of Keras's
// weight files: what [weights.H5.Match], [weights.Save] and [weights.WriteH5] want.
func (s Spec) Parameters(c Config) ([]weights.Parameter, error) {
	_, output, err := s.Declare(c)
	if err != nil {
		return nil, err
	}
	declared, err := nn.Weights(output)
	if err != nil {
		return nil, fmt.Errorf("backbones: %s: %w", s.Name, err)
	}
	list := make([]weights.Parameter, len(declared))
	for i, w := range declared {
		list[i] = weights.Parameter{Name: w.Name, Shape: w.Shape}
	}
	return list, nil
}

func orElse(name, byDefault string) string {
	if name == "" {
		return byDefault
	}
	return name
}

// All returns the specs of this package, in the order of its table.
func All() []Spec {
	return []Spec{
		ResNet50V2(), ResNet101V2(), ResNet152V2(),
		DenseNet121(), DenseNet169(), DenseNet201(),
		VGG16(), VGG19(),
		EfficientNetLite0(), EfficientNetLite1(), EfficientNetLite2(),
	}
}

// Lookup returns the spec of that name, such as resnet50v2, for programs that
// take names from their users.
func Lookup(name string) (Spec, error) {
	all := All()
	i := slices.IndexFunc(all, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for i, s := range all {
			names[i] = s.Name
		}
		return Spec{}, fmt.Errorf("backbones: no backbone %q: want one of %v", name, names)
	}
	return all[i], nil
}
