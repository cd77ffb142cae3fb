package weights

import "math"

// Random gives every network a start that keeps the size of activations: kernels
// by Keras's HeNormal (He et al. 2015, arXiv:1502.01852: normal with variance
// 2/fan_in, cut at two standard deviations), biases zero, batch normalization at
// identity. A depthwise kernel has the fan_in of one channel.
func Random(seed uint64) Source {
	return Source{func(name string, k kind, shape []int) func([]float32, int) {
		if !k.kernel() {
			return constant(k.identity())
		}
		return truncatedNormal(stream(seed, name), math.Sqrt(2/float64(fanIn(k, shape))))
	}}
}

// Glorot is Keras's default for layers that are to be trained: kernels by
// GlorotUniform (Glorot and Bengio 2010: uniform within
// sqrt(6/(fan_in+fan_out))), biases zero, batch normalization at identity.
func Glorot(seed uint64) Source {
	return Source{func(name string, k kind, shape []int) func([]float32, int) {
		if !k.kernel() {
			return constant(k.identity())
		}
		// As Keras counts, for depthwise kernels too.
		n := len(shape)
		fans := product(shape[:n-2]) * (shape[n-2] + shape[n-1])
		return uniform(stream(seed, name), math.Sqrt(6/float64(fans)))
	}}
}

// stream is the generator state of one parameter.
func stream(seed uint64, name string) uint64 { return splitMix64(seed, 0) ^ fnv1a64(name) }
