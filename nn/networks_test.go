package nn

// networks are small declarations that use every layer in odd geometries.
var networks = []struct {
	name  string
	build func(b *Builder) *Node
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
}
