package backbones

import (
	"fmt"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// ResNet50V2 is the 50-layer residual network of He et al. 2015
// (arXiv:1512.03385, Table 1) with the pre-activation blocks of He et al. 2016
// (arXiv:1603.05027). Layer names, strides and paddings are those of Keras
// (keras/src/applications/resnet.py, resnet_v2.py). 2,048 features.
func ResNet50V2() Spec { return resNetV2("resnet50v2", 3, 4, 6, 3) }

// ResNet101V2 is [ResNet50V2] with 101 layers.
func ResNet101V2() Spec { return resNetV2("resnet101v2", 3, 4, 23, 3) }

// ResNet152V2 is [ResNet50V2] with 152 layers.
func ResNet152V2() Spec { return resNetV2("resnet152v2", 3, 8, 36, 3) }

// epsilon is that of Keras's ResNet and DenseNet.
var epsilon = nn.BatchNormalization{Epsilon: 1.001e-5}

// resNetV2 declares a network of four stages with so many residual blocks:
//
//	[N, H, W, 3] → [N, ⌈H/32⌉, ⌈W/32⌉, 2048]
func resNetV2(name string, blocks ...int) Spec {
	return Spec{
		Name:       name,
		Preprocess: data.TF,
		InputSize:  224,
		Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.ZeroPadding2D("conv1_pad", x, nn.Around(3))
			x = b.Conv2D("conv1_conv", x, nn.Conv2D{Filters: 64, Kernel: 7, Stride: 2, Bias: true})
			// Nothing has rectified x yet, so that the zeros can win against
			// negative values: a pool that ignores its border would differ.
			x = b.ZeroPadding2D("pool1_pad", x, nn.Around(1))
			x = b.MaxPooling2D("pool1_pool", x, nn.Pool{Size: 3, Stride: 2})
			for stage, n := range blocks {
				for i := 1; i <= n; i++ {
					stride := 1
					if i == n && stage < len(blocks)-1 { // the last block, but for the last stage
						stride = 2
					}
					block := b.In(fmt.Sprintf("conv%d_block%d", stage+2, i))
					x = preactivated(block, x, 64<<stage, stride, i == 1)
				}
			}
			x = b.BatchNormalization("post_bn", x, epsilon)
			return b.Activation("post_relu", x, nn.ReLU)
		},
	}
}

// preactivated is the residual block of version 2: normalization and ReLU, then
// convolutions 1×1, 3×3 and 1×1, added to a shortcut. The first block of a stage
// projects its shortcut to the new width; a strided one picks every second
// pixel.
//
//	[N, H, W, C] → [N, H/stride, W/stride, 4·filters]
func preactivated(b *nn.Builder, x *nn.Node, filters, stride int, project bool) *nn.Node {
	pre := b.Activation("preact_relu", b.BatchNormalization("preact_bn", x, epsilon), nn.ReLU)

	shortcut := x
	switch {
	case project:
		shortcut = b.Conv2D("0_conv", pre, nn.Conv2D{Filters: 4 * filters, Kernel: 1, Stride: stride, Bias: true})
	case stride > 1:
		shortcut = b.MaxPooling2D("", x, nn.Pool{Size: 1, Stride: stride})
	}

	y := b.Conv2D("1_conv", pre, nn.Conv2D{Filters: filters, Kernel: 1})
	y = b.Activation("1_relu", b.BatchNormalization("1_bn", y, epsilon), nn.ReLU)
	y = b.ZeroPadding2D("2_pad", y, nn.Around(1))
	y = b.Conv2D("2_conv", y, nn.Conv2D{Filters: filters, Kernel: 3, Stride: stride})
	y = b.Activation("2_relu", b.BatchNormalization("2_bn", y, epsilon), nn.ReLU)
	y = b.Conv2D("3_conv", y, nn.Conv2D{Filters: 4 * filters, Kernel: 1, Bias: true})
	return b.Add("out", shortcut, y)
}
