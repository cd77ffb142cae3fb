package backbones

import (
	"fmt"
	"math"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// EfficientNetLite0 is the smallest of the EfficientNets without squeeze and
// with ReLU6 (Tan and Le 2019, arXiv:1905.11946; the lite family:
// tensorflow/tpu, models/official/efficientnet/lite). Layer names follow Keras's
// EfficientNet. 1,280 features.
func EfficientNetLite0() Spec { return efficientNetLite("efficientnetlite0", 1.0, 1.0, 224) }

// EfficientNetLite1 is [EfficientNetLite0], deeper.
func EfficientNetLite1() Spec { return efficientNetLite("efficientnetlite1", 1.0, 1.1, 240) }

// EfficientNetLite2 is [EfficientNetLite0], deeper and wider.
func EfficientNetLite2() Spec { return efficientNetLite("efficientnetlite2", 1.1, 1.2, 260) }

// liteStages is the network of the family's smallest member. The ends are not
// scaled with depth.
var liteStages = []struct {
	repeats, kernel, stride, expand, filters int
	fixed                                    bool
}{
	{1, 3, 1, 1, 16, true},
	{2, 3, 2, 6, 24, false},
	{2, 5, 2, 6, 40, false},
	{3, 3, 2, 6, 80, false},
	{3, 5, 1, 6, 112, false},
	{4, 5, 2, 6, 192, false},
	{1, 3, 1, 6, 320, true},
}

// efficientNetLite declares a member by its factors of width and depth:
//
//	[N, H, W, 3] → [N, ⌈H/32⌉, ⌈W/32⌉, 1280]
func efficientNetLite(name string, width, depth float64, size int) Spec {
	return Spec{
		Name:       name,
		Preprocess: data.EfficientNetLite,
		InputSize:  size,
		Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Conv2D("stem_conv", x, nn.Conv2D{Filters: 32, Kernel: 3, Stride: 2, Padding: nn.Same})
			x = normReLU6(b.In("stem"), "", x)
			for i, s := range liteStages {
				repeats := s.repeats
				if !s.fixed {
					repeats = int(math.Ceil(depth * float64(repeats)))
				}
				for j := range repeats {
					stride := 1
					if j == 0 {
						stride = s.stride
					}
					block := b.In(fmt.Sprintf("block%d%c", i+1, 'a'+j))
					x = invertedBottleneck(block, x, s.kernel, stride, s.expand, roundTo8(width*float64(s.filters)))
				}
			}
			x = b.Conv2D("top_conv", x, nn.Conv2D{Filters: 1280, Kernel: 1, Padding: nn.Same})
			return normReLU6(b.In("top"), "", x)
		},
	}
}

// invertedBottleneck widens the channels, convolves each by itself, and projects
// to filters without activation; it adds its input where the shapes allow.
//
//	[N, H, W, C] → [N, ⌈H/stride⌉, ⌈W/stride⌉, filters]
func invertedBottleneck(b *nn.Builder, x *nn.Node, kernel, stride, expand, filters int) *nn.Node {
	in := 0
	if s := x.Shape(); len(s) == 3 {
		in = s[2]
	}
	y := x
	if expand > 1 {
		y = b.Conv2D("expand_conv", y, nn.Conv2D{Filters: expand * in, Kernel: 1, Padding: nn.Same})
		y = normReLU6(b, "expand_", y)
	}
	y = b.DepthwiseConv2D("dwconv", y, nn.DepthwiseConv2D{Kernel: kernel, Stride: stride, Padding: nn.Same})
	y = normReLU6(b, "", y)
	y = b.Conv2D("project_conv", y, nn.Conv2D{Filters: filters, Kernel: 1, Padding: nn.Same})
	y = b.BatchNormalization("project_bn", y, nn.BatchNormalization{})
	if stride == 1 && in == filters {
		y = b.Add("add", y, x)
	}
	return y
}

// normReLU6 is batch normalization with Keras's default epsilon, 1e-3, and ReLU6.
func normReLU6(b *nn.Builder, prefix string, x *nn.Node) *nn.Node {
	return b.ReLU(prefix+"activation", b.BatchNormalization(prefix+"bn", x, nn.BatchNormalization{}), 6)
}

// roundTo8 rounds a scaled width to a multiple of 8, at most a tenth below it.
func roundTo8(filters float64) int {
	n := max(8, int(filters+4)/8*8)
	if float64(n) < 0.9*filters {
		n += 8
	}
	return n
}
