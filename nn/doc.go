// Package nn declares networks in Keras's vocabulary and runs them.
//
// A [Builder] records layers; it computes shapes and remembers the first error,
// so that a declaration is a straight line:
//
//	b := nn.NewBuilder()
//	x := b.Input("image", 224, 224, 3)
//	x = b.Conv2D("stem", x, nn.Conv2D{Filters: 32, Kernel: 3, Stride: 2, Padding: nn.Same})
//	x = b.Activation("relu", b.BatchNormalization("bn", x, nn.BatchNormalization{}), nn.ReLU)
//	x = b.GlobalAveragePooling2D("pool", x)
//	if err := b.Err(); err != nil { … }
//
// The declaration alone gives [Summary], [Weights] and every shape, without any
// numbers. [Compile] takes the numbers from a [Params] and returns a [Model],
// which runs the network on photos; [NewTrainer] trains a declaration.
//
// # Conventions
//
// Activations are float32 and laid out [N, H, W, C], as in Keras. A layer's
// shape leaves out the batch: [H, W, C] or [D]. Layer and weight names are
// Keras's, such as conv1_conv/kernel, and weights have Keras's layout: HWIO,
// HWCM for depthwise convolutions, [in, out] for dense layers.
//
// The result for a photo has the same bits whatever batch it came in, whatever
// ran before, and however many threads there are.
package nn
