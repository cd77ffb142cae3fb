package cuda

import (
	"math"

	"github.com/cairnml/cairn/internal/fold"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// depthStep is how much depth the kernels take at a time; columnStep is the
// narrowest of their blocks. Weights are padded with zeros to both.
const (
	depthStep  = 16
	columnStep = 32
)

// conv lowers a convolution that sums over channels.
func (g *program) conv(op plan.Conv, in []view, out view, name string) error {
	w, bias, err := fold.Conv(op, g.read)
	if err != nil {
		return err
	}
	c := convParams{x: in[0], y: out, base: out, window: windowOf(op.Window), before: identity(), groups: int32(op.Groups)}
	if op.Accumulate {
		c.base, c.accumulate = in[1], 1
	}
	c.in, c.out = int32(op.In/op.Groups), int32(op.Out/op.Groups)
	if op.Prologue != nil {
		if c.before, err = g.groupedNorm(op.Prologue, op.Groups, op.In/op.Groups); err != nil {
			return err
		}
	}
	g.product(c, w, bias, op.Activation, name)
	return nil
}

// dense lowers a fully connected layer: a 1×1 convolution of one pixel.
func (g *program) dense(op plan.Dense, in, out view, name string) error {
	w, bias, err := fold.KernelAndBias(op.Layer, g.read)
	if err != nil {
		return err
	}
	one := [2]int{1, 1}
	c := convParams{
		x: in, y: out, base: out, window: windowOf(layer.Window{Size: one, Stride: one, Dilation: one}),
		before: identity(), groups: 1, in: in.c, out: out.c,
	}
	g.product(c, w, bias, op.Activation, name)
	return nil
}

// product adds the step for a convolution whose weights [taps, in, groups·out] and
// bias are given.
func (g *program) product(c convParams, w, bias []float32, a layer.Activation, name string) {
	groups, in, out := int(c.groups), int(c.in), int(c.out)
	taps := len(w) / in / out / groups
	in4, columns := roundUp(in, 4), roundUp(out, columnStep)
	depth := roundUp(taps*in4, depthStep)
	packed := make([]float32, groups*depth*columns)
	packedBias := make([]float32, groups*columns)
	for group := range groups {
		for row := range taps * in {
			to := packed[(group*depth+row/in*in4+row%in)*columns:]
			copy(to[:out], w[row*groups*out+group*out:])
		}
		if bias != nil {
			copy(packedBias[group*columns:], bias[group*out:(group+1)*out])
		}
	}
	if g.tf32 {
		for i, v := range packed {
			packed[i] = roundTF32(v)
		}
	}
	c.weights, c.bias = g.put(packed...), g.put(packedBias...)
	c.in4, c.columns, c.depth = int32(in4), int32(columns), int32(depth)
	x, y := c.x, c.y
	x.c, y.c = c.in, c.out
	c.x4, c.y4 = aligned(x), aligned(y, c.base)
	c.activation = activationOf(a)
	curve := c.activation.curve
	c.activation.curve = straight
	add(g, name, c, g.products(c)...)
	if curve != straight {
		g.each(name, c.y, c.y, affine{-1, -1, activationOf(a)}, [2]int32{})
	}
}

// products returns the kernels for a convolution, those with the largest blocks
// first.
func (g *program) products(c convParams) []variant {
	tile := func(name string, rows, columns, threads int) variant {
		if g.tf32 {
			name = "tf32_" + name
		}
		return variant{name, threads, func(photos int) [3]int {
			pixels := photos * int(c.y.h*c.y.w)
			return [3]int{(pixels + rows - 1) / rows, (int(c.out) + columns - 1) / columns, int(c.groups)}
		}}
	}
	if c.out <= columnStep {
		return []variant{tile("conv_128x32", 128, 32, 128), tile("conv_32x32", 32, 32, 32)}
	}
	return []variant{tile("conv_128x128", 128, 128, 256), tile("conv_64x64", 64, 64, 128), tile("conv_32x32", 32, 32, 32)}
}

// groupedNorm puts the scales and shifts of each group where a multiple of four
// begins.
func (g *program) groupedNorm(n *plan.Norm, groups, in int) (affine, error) {
	scale, shift, err := fold.Norm(n.Layer, g.read)
	if err != nil {
		return affine{}, err
	}
	spread := func(from []float32) []float32 {
		to := make([]float32, groups*roundUp(in, 4))
		for group := range groups {
			copy(to[group*roundUp(in, 4):], from[group*in:(group+1)*in])
		}
		return to
	}
	return affine{g.put(spread(scale)...), g.put(spread(shift)...), activationOf(n.Activation)}, nil
}

// depthwise lowers a convolution channel by channel, weights [taps, in,
// multiplier].
func (g *program) depthwise(op plan.Conv, in, out view, name string) error {
	w, bias, err := fold.Conv(op, g.read)
	if err != nil {
		return err
	}
	taps, columns := len(w)/op.Out, roundUp(op.Out, 4)
	packed := make([]float32, taps*columns)
	for tap := range taps {
		copy(packed[tap*columns:], w[tap*op.Out:(tap+1)*op.Out])
	}
	packedBias := make([]float32, columns)
	copy(packedBias, bias)
	add(g, name, depthwiseParams{
		x: in, y: out, window: windowOf(op.Window), weights: g.put(packed...), bias: g.put(packedBias...),
		activation: activationOf(op.Activation), multiplier: int32(op.Out / op.In), columns: int32(columns), x4: aligned(in, out),
	}, fours("depthwise", out))
	return nil
}

// roundTF32 rounds to 10 bits of fraction, ties away from zero, as the device
// does.
func roundTF32(v float32) float32 {
	b := math.Float32bits(v)
	if b&0x7f800000 == 0x7f800000 {
		return v
	}
	return math.Float32frombits((b + 0x1000) &^ 0x1fff)
}
