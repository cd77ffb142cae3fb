package nn

import (
	"fmt"

	"github.com/cairnml/cairn/internal/layer"
)

// Activation is an activation function; the zero value is none.
type Activation uint8

// The activation functions.
const (
	Linear Activation = iota
	ReLU
	ReLU6   // min(max(x, 0), 6)
	Sigmoid // 1/(1+exp(−x))
	Swish   // x·Sigmoid(x)
	Softmax // over the last axis
)

var functions = [...]layer.Activation{
	Linear:  {},
	ReLU:    {Function: layer.ReLU},
	ReLU6:   {Function: layer.ReLU, Max: 6},
	Sigmoid: {Function: layer.Sigmoid},
	Swish:   {Function: layer.Swish},
	Softmax: {Function: layer.Softmax},
}

func (b *Builder) function(name string, a Activation) layer.Activation {
	if int(a) >= len(functions) {
		b.Fail(fmt.Errorf("%s%s: there is no activation %d", b.prefix, name, a))
		return layer.Activation{}
	}
	return functions[a]
}

// Activation adds an activation function (Keras's Activation): any shape, kept.
func (b *Builder) Activation(name string, x *Node, f Activation) *Node {
	return b.add(name, layer.Activate{Activation: b.function(name, f), Keras: "Activation"}, x)
}

// ReLU adds min(max(x, 0), maximum) (Keras's ReLU layer); maximum 0 is none.
func (b *Builder) ReLU(name string, x *Node, maximum float32) *Node {
	f := layer.Activation{Function: layer.ReLU, Max: maximum}
	return b.add(name, layer.Activate{Activation: f, Keras: "ReLU"}, x)
}

// Softmax adds a softmax over the last axis (Keras's Softmax layer).
func (b *Builder) Softmax(name string, x *Node) *Node {
	return b.add(name, layer.Activate{Activation: layer.Activation{Function: layer.Softmax}, Keras: "Softmax"}, x)
}

// BatchNormalization configures batch normalization; zeros are Keras's defaults.
type BatchNormalization struct {
	Epsilon  float64 // added to the variance; 0 = 1e-3
	Momentum float64 // of the moving statistics in training; 0 = 0.99
}

// BatchNormalization adds gamma·(x − moving_mean)/√(moving_variance + epsilon)
// + beta over the last axis (Keras's BatchNormalization outside training).
func (b *Builder) BatchNormalization(name string, x *Node, n BatchNormalization) *Node {
	if n.Epsilon == 0 {
		n.Epsilon = 1e-3
	}
	if n.Momentum == 0 {
		n.Momentum = 0.99
	}
	return b.add(name, layer.BatchNormalization(n), x)
}

// Dense configures a fully connected layer.
type Dense struct {
	Units      int
	NoBias     bool
	Activation Activation
	L2         float64 // L2·Σ kernel² is added to the loss in training (Keras's kernel_regularizer)
}

// Dense adds a fully connected layer (Keras's Dense): [N, D] → [N, Units], with
// the weights kernel [D, Units] and bias [Units].
func (b *Builder) Dense(name string, x *Node, d Dense) *Node {
	return b.add(name, layer.Dense{Units: d.Units, NoBias: d.NoBias, Activation: b.function(name, d.Activation), L2: d.L2}, x)
}

// Dropout configures dropout.
type Dropout struct {
	Rate float64 // share of values set to zero in training, in [0, 1)
}

// Dropout adds dropout (Keras's Dropout): in training it zeroes a random share
// of the values and scales the others by 1/(1−Rate); otherwise it does nothing.
func (b *Builder) Dropout(name string, x *Node, d Dropout) *Node {
	return b.add(name, layer.Dropout(d), x)
}

// Add adds the sum of inputs of one shape (Keras's Add).
func (b *Builder) Add(name string, x ...*Node) *Node { return b.add(name, layer.Add{}, x...) }

// Multiply adds the product of two inputs of one shape, or of a map [N, H, W, C]
// and a gate [N, 1, 1, C] (Keras's Multiply).
func (b *Builder) Multiply(name string, x, gate *Node) *Node {
	return b.add(name, layer.Multiply{}, x, gate)
}

// Concatenate joins inputs along the last axis (Keras's Concatenate).
func (b *Builder) Concatenate(name string, x ...*Node) *Node {
	return b.add(name, layer.Concatenate{}, x...)
}

// Flatten makes a vector of a map (Keras's Flatten): [N, H, W, C] → [N, H·W·C].
func (b *Builder) Flatten(name string, x *Node) *Node { return b.add(name, layer.Flatten{}, x) }
