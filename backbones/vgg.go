package backbones

import (
	"fmt"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// VGG16 is configuration D of Simonyan and Zisserman 2014 (arXiv:1409.1556,
// Table 1). Layer names are those of Keras (keras/src/applications/vgg16.py).
// 512 features; its top flattens the map, so that it wants 224×224 pixels.
func VGG16() Spec { return vgg("vgg16", 2, 2, 3, 3, 3) }

// VGG19 is configuration E, [VGG16] with 19 layers.
func VGG19() Spec { return vgg("vgg19", 2, 2, 4, 4, 4) }

// vgg declares blocks of so many 3×3 convolutions, each followed by a pool:
//
//	[N, H, W, 3] → [N, ⌊H/32⌋, ⌊W/32⌋, 512]
func vgg(name string, blocks ...int) Spec {
	return Spec{
		Name:       name,
		Preprocess: data.Caffe,
		InputSize:  224,
		Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
			for i, n := range blocks {
				block := b.In(fmt.Sprintf("block%d", i+1))
				filters := min(64<<i, 512)
				for j := 1; j <= n; j++ {
					x = block.Conv2D(fmt.Sprintf("conv%d", j), x, nn.Conv2D{
						Filters: filters, Kernel: 3, Padding: nn.Same, Bias: true, Activation: nn.ReLU,
					})
				}
				x = block.MaxPooling2D("pool", x, nn.Pool{Size: 2})
			}
			return x
		},
		Top: func(b *nn.Builder, x *nn.Node) *nn.Node {
			x = b.Flatten("flatten", x)
			x = b.Dense("fc1", x, nn.Dense{Units: 4096, Activation: nn.ReLU})
			x = b.Dense("fc2", x, nn.Dense{Units: 4096, Activation: nn.ReLU})
			return b.Dense("predictions", x, nn.Dense{Units: classes, Activation: nn.Softmax})
		},
		averagePool: "global_average_pooling2d",
		maxPool:     "global_max_pooling2d",
	}
}
