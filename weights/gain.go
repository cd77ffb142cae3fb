package weights

import "strings"

// KerasGain returns the gain by which [ClosedForm] scales the kernels of one of
// Keras's networks so that activations neither vanish nor explode, such as 0.8 for
// ResNet50V2. Model is the lower-case name, such as resnet50v2; others have gain 1.
func KerasGain(model string) func(name string) float64 {
	gain := 1.0
	switch model {
	case "resnet50v2":
		gain = 0.8
	case "resnet101v2", "resnet152v2":
		gain = 0.72
	}
	return func(name string) float64 {
		layer, _, _ := strings.Cut(name, "/")
		switch layer {
		case "conv1_conv", "predictions": // of pixels, and of pooled features
			return 1
		case "block1_conv1": // VGG reads pixels up to 150
			return 1.0 / 64
		}
		return gain
	}
}
