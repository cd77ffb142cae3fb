// Package weights is where the parameters of a network come from: a folder of
// .npy files ([Dir]), a file of Keras ([OpenH5]), or a formula ([Random],
// [Glorot], [ClosedForm]). [Save] writes such a folder, [WriteH5] such a file.
// Package weights/fetch downloads Keras's.
//
// A parameter is known by its Keras path, layer/kind, such as
// conv1_conv/kernel, and has Keras's layout: convolution kernels
// [height, width, in, out], depthwise kernels [height, width, channels, 1],
// dense kernels [in, out], everything else one value a channel.
//
// # Weight folders
//
// The parameter conv1_conv/kernel is the file conv1_conv/kernel.npy, float32,
// float16 or float64 in C order, as numpy.save writes it. manifest.json is
// optional; it says what the weights are, where they come from and under which
// licence, and lists every parameter with its shape and the SHA-256 of its file,
// which is verified whenever the file is read:
//
//	{
//	  "model": "EfficientNetLite0",
//	  "source": "TensorFlow TPU models, EfficientNet-Lite",
//	  "license": "Apache-2.0",
//	  "parameters": [
//	    {"name": "stem_conv/kernel", "file": "stem_conv/kernel.npy", "shape": [3, 3, 3, 32], "dtype": "float32", "sha256": "…"}
//	  ]
//	}
package weights
