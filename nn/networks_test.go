package nn

// networks are small declarations that use every layer in odd geometries.
var networks = []struct {
	Name  string
	Build func(b *Builder) *Node
}{
	{"conv 3×3 stride 2 same", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 9, 12, 5), Conv2D{Filters: 7, Kernel: 3, Stride: 2, Padding: Same, Bias: true})
	}},
	{"conv 7×7 padded by a layer", func(b *Builder) *Node {
		x := b.ZeroPadding2D("p", b.Input("in", 13, 11, 3), Pad{3, 2, 1, 4})
		return b.Conv2D("c", x, Conv2D{Filters: 8, Kernel: 7, Stride: 2, Bias: true})
	}},
	{"conv same after padding", func(b *Builder) *Node {
		x := b.ZeroPadding2D("p", b.ZeroPadding2D("q", b.Input("in", 6, 6, 3), Around(1)), Pad{0, 1, 2, 0})
		return b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 5, Stride: 3, Padding: Same})
	}},
	{"conv 1×5 dilated explicit", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 5, 17, 4), Conv2D{Filters: 3, Kernel: 1, KernelWidth: 5, Dilation: 1, DilationWidth: 3, Pad: Pad{0, 1, 4, 3}, Activation: Swish})
	}},
	{"conv grouped", func(b *Builder) *Node {
		return b.Conv2D("c", b.Input("in", 7, 7, 6), Conv2D{Filters: 9, Kernel: 3, Groups: 3, Bias: true, Activation: ReLU})
	}},
	{"conv, norm, relu folded", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 8, 7, 4), Conv2D{Filters: 5, Kernel: 3, Padding: Same, Bias: true})
		return b.Activation("r", b.BatchNormalization("n", x, BatchNormalization{Epsilon: 1.001e-5}), ReLU)
	}},
	{"norm, relu, conv (pre-activation)", func(b *Builder) *Node {
		x := b.ReLU("r", b.BatchNormalization("n", b.Input("in", 6, 5, 4), BatchNormalization{}), 0)
		return b.Add("a", b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1}), b.Conv2D("d", x, Conv2D{Filters: 4, Kernel: 3, Padding: Same}))
	}},
	{"two equal layers on one input", func(b *Builder) *Node {
		x := b.Input("in", 6, 6, 3)
		c := Conv2D{Filters: 4, Kernel: 3, Padding: Same}
		return b.Concatenate("j", b.Conv2D("c1", x, c), b.Conv2D("c2", x, c),
			b.BatchNormalization("n1", x, BatchNormalization{}), b.BatchNormalization("n2", x, BatchNormalization{}))
	}},
	{"depthwise 5×5 stride 2", func(b *Builder) *Node {
		x := b.DepthwiseConv2D("d", b.Input("in", 11, 9, 6), DepthwiseConv2D{Kernel: 5, Stride: 2, Padding: Same})
		return b.ReLU("r", b.BatchNormalization("n", x, BatchNormalization{}), 6)
	}},
	{"depthwise with multiplier", func(b *Builder) *Node {
		x := b.ZeroPadding2D("p", b.Input("in", 6, 8, 3), Pad{0, 1, 0, 1})
		return b.DepthwiseConv2D("d", x, DepthwiseConv2D{Kernel: 3, Stride: 2, Multiplier: 3, Bias: true, Activation: ReLU6})
	}},
	{"pools", func(b *Builder) *Node {
		x := b.Input("in", 9, 8, 3)
		p := Pool{Size: 3, Stride: 2, Padding: Same}
		return b.Concatenate("j", b.MaxPooling2D("m", x, p), b.AveragePooling2D("a", x, p))
	}},
	{"pools valid, uneven", func(b *Builder) *Node {
		x := b.ZeroPadding2D("p", b.Input("in", 9, 8, 3), Around(1))
		p := Pool{Size: 3, SizeWidth: 2, Stride: 2, StrideWidth: 3}
		return b.Multiply("j", b.MaxPooling2D("m", x, p), b.AveragePooling2D("a", x, p))
	}},
	{"max pool of padded values below zero", func(b *Builder) *Node {
		x := b.BatchNormalization("n", b.Input("in", 9, 8, 3), BatchNormalization{})
		x = b.Activation("s", b.MaxPooling2D("m", b.ZeroPadding2D("p", x, Pad{1, 2, 0, 3}), Pool{Size: 3, Stride: 2}), Sigmoid)
		below := b.BatchNormalization("o", b.Activation("t", x, Swish), BatchNormalization{})
		return b.MaxPooling2D("k", b.ZeroPadding2D("q", below, Around(3)), Pool{Size: 2, SizeWidth: 3})
	}},
	{"padding read by a pool with padding of its own", func(b *Builder) *Node {
		x := b.ZeroPadding2D("p", b.Input("in", 7, 6, 3), Around(1))
		c := b.Conv2D("c", x, Conv2D{Filters: 3, Kernel: 3, Stride: 2, Padding: Same})
		return b.Add("a", c, b.MaxPooling2D("m", x, Pool{Size: 3, Stride: 2, Padding: Same}))
	}},
	{"padding read by a pool and a convolution", func(b *Builder) *Node {
		x := b.ZeroPadding2D("q", b.ZeroPadding2D("p", b.Input("in", 7, 6, 3), Pad{0, 1, 1, 0}), Around(1))
		c := b.Conv2D("c", x, Conv2D{Filters: 3, Kernel: 3, Stride: 2})
		return b.Add("a", c, b.MaxPooling2D("m", x, Pool{Size: 3, Stride: 2}))
	}},
	{"squeeze and excitation", func(b *Builder) *Node {
		x := b.Activation("s0", b.Input("in", 5, 4, 8), Swish)
		s := b.Conv2D("s2", b.Conv2D("s1", b.Squeeze("q", x), Conv2D{Filters: 2, Kernel: 1, Bias: true, Activation: Swish}),
			Conv2D{Filters: 8, Kernel: 1, Bias: true, Activation: Sigmoid})
		return b.GlobalMaxPooling2D("g", b.Multiply("m", x, s))
	}},
	{"head", func(b *Builder) *Node {
		x := b.GlobalAveragePooling2D("g", b.Input("in", 4, 3, 9))
		x = b.Dense("d1", b.Dropout("o", x, Dropout{Rate: 0.5}), Dense{Units: 6, Activation: ReLU})
		return b.Dense("d2", b.BatchNormalization("n", x, BatchNormalization{}), Dense{Units: 5, NoBias: true, Activation: Softmax})
	}},
	{"flatten after concatenate", func(b *Builder) *Node {
		x := b.Input("in", 3, 4, 5)
		y := b.Concatenate("j", x, b.Activation("a", x, Sigmoid))
		return b.Softmax("s", b.Dense("d", b.Flatten("f", y), Dense{Units: 4}))
	}},
	{"residual chain", func(b *Builder) *Node {
		x := b.Input("in", 6, 6, 4)
		for i := range 4 {
			y := b.Conv2D(name("c%d", i), x, Conv2D{Filters: 4, Kernel: 3, Padding: Same})
			y = b.BatchNormalization(name("n%d", i), y, BatchNormalization{})
			x = b.Activation(name("r%d", i), b.Add(name("a%d", i), x, y), ReLU)
		}
		return x
	}},
	{"vector", func(b *Builder) *Node {
		return b.Activation("a", b.Dense("d", b.Input("in", 7), Dense{Units: 3}), Swish)
	}},
	{"input is output", func(b *Builder) *Node { return b.Dropout("o", b.Input("in", 2, 3, 4), Dropout{}) }},
	{"average after 1×1", func(b *Builder) *Node { // odd sizes lose their last row and column
		x := b.Activation("r", b.BatchNormalization("n", b.Input("in", 7, 9, 6), BatchNormalization{}), ReLU)
		x = b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1, Bias: true})
		return b.AveragePooling2D("p", x, Pool{Size: 2})
	}},
	{"average after 1×1, padded, folded", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 8, 5, 6), Conv2D{Filters: 4, Kernel: 1, Groups: 2, Bias: true})
		x = b.BatchNormalization("n", x, BatchNormalization{})
		return b.ReLU("r", b.AveragePooling2D("p", x, Pool{Size: 3, Stride: 2, Padding: Same}), 0)
	}},
	{"norms after norms and pools", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 6, 5, 4), Conv2D{Filters: 5, Kernel: 1, Bias: true})
		x = b.BatchNormalization("n2", b.BatchNormalization("n1", x, BatchNormalization{}), BatchNormalization{})
		x = b.Conv2D("d", x, Conv2D{Filters: 4, Kernel: 1})
		x = b.BatchNormalization("n3", b.AveragePooling2D("p", x, Pool{Size: 2}), BatchNormalization{})
		return b.ReLU("r", x, 2)
	}},
	{"average after several 1×1", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 4, 5, 6), Conv2D{Filters: 3, Kernel: 1, Bias: true})
		x = b.Conv2D("d", x, Conv2D{Filters: 5, Kernel: 1})
		return b.Dense("e", b.GlobalAveragePooling2D("p", x), Dense{Units: 2})
	}},
	{"average after what can't wait", func(b *Builder) *Node {
		x := b.Input("in", 6, 6, 4)
		p := Pool{Size: 2}
		var y [6]*Node
		y[0] = b.AveragePooling2D("p0", b.Conv2D("c0", x, Conv2D{Filters: 4, Kernel: 1, Activation: ReLU}), p)
		y[1] = b.AveragePooling2D("p1", b.Conv2D("c1", x, Conv2D{Filters: 4, Kernel: 3, Padding: Same}), p)
		y[2] = b.MaxPooling2D("p2", b.Conv2D("c2", x, Conv2D{Filters: 4, Kernel: 1}), p)
		y[3] = b.AveragePooling2D("p3", b.Conv2D("c3", x, Conv2D{Filters: 4, Kernel: 1, Pad: Around(1)}), Pool{Size: 4, Stride: 2})
		twice := b.Conv2D("c4", x, Conv2D{Filters: 4, Kernel: 1, Bias: true})
		y[4] = b.AveragePooling2D("p4", twice, p)
		y[5] = b.MaxPooling2D("p5", twice, p)
		return b.Add("a", y[0], y[1], y[2], y[3], y[4], y[5])
	}},
	{"norm read by 1×1 of all kinds", func(b *Builder) *Node {
		x := b.ReLU("r", b.BatchNormalization("n", b.Input("in", 6, 5, 4), BatchNormalization{}), 1)
		y := b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1, Stride: 2, Groups: 2, Bias: true})
		z := b.Conv2D("d", b.ZeroPadding2D("z", x, Around(1)), Conv2D{Filters: 4, Kernel: 1, Stride: 3})
		return b.Concatenate("j", b.GlobalAveragePooling2D("g", y), b.Flatten("f", z), b.Flatten("k", b.Conv2D("e", x, Conv2D{Filters: 3, Kernel: 1})))
	}},
	{"norm without activation into 1×1 and norm", func(b *Builder) *Node {
		x := b.BatchNormalization("m", b.BatchNormalization("n", b.Input("in", 3, 5, 4), BatchNormalization{}), BatchNormalization{})
		return b.BatchNormalization("o", b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1, Activation: Swish}), BatchNormalization{})
	}},
	{"norm read by 1×1 and by others", func(b *Builder) *Node {
		x := b.ReLU("r", b.BatchNormalization("n", b.Input("in", 6, 5, 4), BatchNormalization{}), 0)
		y := b.DepthwiseConv2D("d", x, DepthwiseConv2D{Kernel: 1})
		return b.Multiply("m", b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1}), y)
	}},
	{"sums of convolutions", func(b *Builder) *Node { // onto another convolution, a map that lives on, three terms, the input
		in := b.Input("in", 6, 5, 4)
		c := func(name string, x *Node) *Node {
			return b.Conv2D(name, x, Conv2D{Filters: 4, Kernel: 3, Padding: Same, Bias: true})
		}
		x := b.Activation("r", b.Add("a", c("c0", in), c("c1", in)), ReLU)
		y := b.Add("b", c("c2", x), x)
		z := b.Add("c", x, c("c3", y), c("c4", x), y)
		return b.Add("d", in, b.BatchNormalization("n", c("c5", z), BatchNormalization{}))
	}},
	{"sum of a convolution and what it reads", func(b *Builder) *Node {
		x := b.Activation("s", b.Input("in", 6, 5, 4), Swish)
		x = b.Add("a", x, b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1}))
		return b.Add("b", x, b.Conv2D("d", b.ReLU("r", b.BatchNormalization("n", x, BatchNormalization{}), 0), Conv2D{Filters: 4, Kernel: 1}))
	}},
	{"sums that no convolution can join", func(b *Builder) *Node {
		x := b.Activation("s", b.Input("in", 6, 5, 4), Swish)
		twice := b.Conv2D("c", x, Conv2D{Filters: 4, Kernel: 1})
		bent := b.Conv2D("d", x, Conv2D{Filters: 4, Kernel: 1, Activation: ReLU})
		deep := b.DepthwiseConv2D("e", x, DepthwiseConv2D{Kernel: 3, Padding: Same})
		kept := b.Conv2D("f", x, Conv2D{Filters: 4, Kernel: 1})
		return b.Multiply("m", b.Add("a", twice, twice), b.Add("b", bent, deep, b.Multiply("n", kept, b.Add("g", kept, x))))
	}},
	{"dense block", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 5, 6, 3), Conv2D{Filters: 4, Kernel: 3, Padding: Same})
		for i := range 3 {
			y := b.Conv2D(name("c%d", i), b.Activation(name("r%d", i), x, ReLU), Conv2D{Filters: 3, Kernel: 3, Padding: Same})
			x = b.Concatenate(name("j%d", i), x, y)
		}
		return b.AveragePooling2D("p", x, Pool{Size: 2})
	}},
	{"dense block of flat concatenations", func(b *Builder) *Node {
		maps := []*Node{b.BatchNormalization("n", b.Input("in", 5, 6, 3), BatchNormalization{})}
		x := maps[0]
		for i := range 3 {
			maps = append(maps, b.Conv2D(name("c%d", i), x, Conv2D{Filters: 2, Kernel: 3, Padding: Same}))
			x = b.Concatenate(name("j%d", i), maps...)
		}
		return b.Multiply("m", x, b.Concatenate("k", maps...))
	}},
	{"concatenations that can't share", func(b *Builder) *Node { // the input, twice the same, two places, one channel
		in := b.Input("in", 4, 5, 3)
		x := b.Activation("s", in, Sigmoid)
		one := b.Conv2D("c", x, Conv2D{Filters: 1, Kernel: 3, Padding: Same})
		y := b.Concatenate("a", in, x, x, one)
		z := b.Concatenate("b", b.Concatenate("d", x, y), b.Activation("t", y, Sigmoid), x, one)
		return b.BatchNormalization("n", z, BatchNormalization{})
	}},
	{"concatenations of one pixel", func(b *Builder) *Node {
		x := b.Input("in", 4, 5, 6)
		g := b.Squeeze("g", x)
		y := b.Concatenate("a", g, b.Conv2D("c", g, Conv2D{Filters: 1, Kernel: 1}), b.Conv2D("d", g, Conv2D{Filters: 2, Kernel: 1, Activation: Swish}))
		v := b.Concatenate("b", b.Flatten("f", y), b.GlobalMaxPooling2D("m", x))
		return b.Concatenate("e", b.Dense("h", v, Dense{Units: 1}), b.Dense("i", v, Dense{Units: 3, Activation: Softmax}), v)
	}},
	{"one line and one column", func(b *Builder) *Node {
		x := b.Conv2D("c", b.Input("in", 1, 7, 3), Conv2D{Filters: 2, Kernel: 1})
		x = b.Concatenate("a", x, b.Activation("s", x, Sigmoid))
		y := b.Conv2D("d", b.AveragePooling2D("p", x, Pool{Size: 1, Stride: 7}), Conv2D{Filters: 2, Kernel: 1})
		return b.Concatenate("b", y, b.Activation("t", y, Swish))
	}},
	{"a sum between concatenations", func(b *Builder) *Node { // in place of its base, and not: a part of the base is read again
		c := func(name string, x *Node, filters int) *Node {
			return b.Conv2D(name, x, Conv2D{Filters: filters, Kernel: 1})
		}
		x := b.Activation("s", b.Input("in", 4, 5, 3), Swish)
		y := b.Concatenate("a", c("c0", x, 2), c("c1", x, 2))
		y = b.Add("b", y, c("c2", x, 4))
		part := c("c3", y, 3)
		z := b.Concatenate("d", y, part)
		z = b.Add("e", z, c("c4", x, 7))
		return b.Concatenate("f", z, part, b.Add("g", c("c5", z, 3), part))
	}},
	{"a concatenation between a value and its sum", func(b *Builder) *Node {
		c := func(name string, x *Node) *Node {
			return b.Conv2D(name, x, Conv2D{Filters: 3, Kernel: 3, Padding: Same})
		}
		x := c("c0", b.Input("in", 4, 5, 3))
		y := b.Concatenate("a", x, c("c1", x))
		z := b.Add("b", x, c("c2", y)) // x dies here, y does not
		return b.Multiply("m", b.Concatenate("d", z, x), b.Activation("r", y, ReLU))
	}},
	{"winograd", func(b *Builder) *Node { // with padding, normalization, sums, strided maps, an odd size
		x := b.ZeroPadding2D("z", b.Input("in", 17, 19, 3), Pad{1, 0, 2, 1})
		x = b.Conv2D("c", x, Conv2D{Filters: 16, Kernel: 3, Padding: Same})
		y := b.BatchNormalization("n", b.Conv2D("d", x, Conv2D{Filters: 16, Kernel: 3, Padding: Same}), BatchNormalization{})
		y = b.Activation("r", b.Add("a", y, x), ReLU)
		y = b.Concatenate("j", y, b.Conv2D("e", y, Conv2D{Filters: 17, Kernel: 3, Padding: Same, Bias: true, Activation: ReLU}))
		return b.Conv2D("f", y, Conv2D{Filters: 20, Kernel: 3, Padding: Same, Activation: Swish})
	}},
	{"winograd's near misses", func(b *Builder) *Node { // strided, dilated, grouped, small
		x := b.Conv2D("c", b.Input("in", 21, 19, 3), Conv2D{Filters: 32, Kernel: 1})
		for i, c := range []Conv2D{
			{Filters: 32, Kernel: 3, Padding: Same, Dilation: 2},
			{Filters: 32, Kernel: 3, Padding: Same, Groups: 2},
			{Filters: 32, Kernel: 3, Stride: 2, Padding: Same},
			{Filters: 32, Kernel: 3, Padding: Same},
		} {
			x = b.Conv2D(name("c%d", i), x, c)
		}
		return x
	}},
}
