package backbones

import (
	"fmt"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// DenseNet121 is the densely connected network of Huang et al. 2016
// (arXiv:1608.06993, Table 1) with growth 32. Layer names and paddings are those
// of Keras (keras/src/applications/densenet.py). 1,024 features.
func DenseNet121() Spec { return denseNet("densenet121", 6, 12, 24, 16) }

// DenseNet169 is [DenseNet121] with 169 layers; 1,664 features.
func DenseNet169() Spec { return denseNet("densenet169", 6, 12, 32, 32) }

// DenseNet201 is [DenseNet121] with 201 layers; 1,920 features.
func DenseNet201() Spec { return denseNet("densenet201", 6, 12, 48, 32) }

const growth = 32 // channels that a layer of a dense block adds

// denseNet declares a network of dense blocks with so many layers:
//
//	[N, H, W, 3] → [N, H/32, W/32, features]
func denseNet(name string, blocks ...int) Spec {
	return Spec{
		Name:       name,
		Preprocess: data.Torch,
		InputSize:  224,
		Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.ZeroPadding2D("", x, nn.Around(3))
			x = b.Conv2D("conv1_conv", x, nn.Conv2D{Filters: 64, Kernel: 7, Stride: 2})
			x = b.Activation("conv1_relu", b.BatchNormalization("conv1_bn", x, epsilon), nn.ReLU)
			x = b.ZeroPadding2D("", x, nn.Around(1))
			x = b.MaxPooling2D("pool1", x, nn.Pool{Size: 3, Stride: 2})
			for stage, n := range blocks {
				if stage > 0 {
					x = transition(b.In(fmt.Sprintf("pool%d", stage+1)), x)
				}
				for i := 1; i <= n; i++ {
					x = denseLayer(b.In(fmt.Sprintf("conv%d_block%d", stage+2, i)), x)
				}
			}
			return b.Activation("relu", b.BatchNormalization("bn", x, epsilon), nn.ReLU)
		},
	}
}

// denseLayer computes growth new channels of all channels so far and appends
// them: [N, H, W, C] → [N, H, W, C+growth].
func denseLayer(b *nn.Builder, x *nn.Node) *nn.Node {
	y := b.Activation("0_relu", b.BatchNormalization("0_bn", x, epsilon), nn.ReLU)
	y = b.Conv2D("1_conv", y, nn.Conv2D{Filters: 4 * growth, Kernel: 1})
	y = b.Activation("1_relu", b.BatchNormalization("1_bn", y, epsilon), nn.ReLU)
	y = b.Conv2D("2_conv", y, nn.Conv2D{Filters: growth, Kernel: 3, Padding: nn.Same})
	return b.Concatenate("concat", x, y)
}

// transition halves channels, rows and columns; an odd last row or column is
// dropped: [N, H, W, C] → [N, ⌊H/2⌋, ⌊W/2⌋, C/2].
func transition(b *nn.Builder, x *nn.Node) *nn.Node {
	channels := 0
	if s := x.Shape(); len(s) == 3 {
		channels = s[2] / 2
	}
	x = b.Activation("relu", b.BatchNormalization("bn", x, epsilon), nn.ReLU)
	x = b.Conv2D("conv", x, nn.Conv2D{Filters: channels, Kernel: 1})
	return b.AveragePooling2D("pool", x, nn.Pool{Size: 2})
}
