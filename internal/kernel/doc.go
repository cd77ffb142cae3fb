// Package kernel computes the layers of a network on one photo at a time.
//
// A kernel reads feature maps ([Map], float32, row-major [H, W, C] with a
// stride per pixel) and writes one. Kernels with weights are values made once
// ([NewConv2D], [NewDepthwiseConv2D], [NewDense]): they copy and pack the
// weights, never change afterwards and may be run by several goroutines at
// once. The others are plain functions. All of them share their work out over
// the goroutines of a [Team].
//
// # Same photo, same bits
//
// Work is split over output elements only. An output element is one sum in a
// fixed order (taps row by row, then channels), so its bits do not depend on
// the number of threads, on how the work was cut, on the stride of a map or on
// what ran before. Sums are accumulated in float32, starting from the bias.
//
// # Memory
//
// A run allocates nothing beyond the goroutines of its team. What a kernel
// needs besides its maps is the caller's: Scratch says how many float32s, and
// the caller passes them to Run. So a plan can place every buffer once, and the
// collector has nothing to do while photos pass.
//
// # Aliasing
//
// dst is written completely: every channel of every pixel, and nothing between
// the pixels of a map whose stride is wider than its channels. dst and src
// must not overlap unless the function's doc says that dst may be src, which
// means the same pixels with the same stride. Two maps that are different
// channel ranges of one buffer do not overlap.
//
// # Special values
//
// NaN and the infinities go through as IEEE 754 arithmetic takes them, zero
// weights and the zeros of a padding included; ReLU and the maximum of a pool
// keep NaN. In a convolution by Winograd's algorithm they spread over a tile.
//
// # Broken calls
//
// Shapes are the caller's business. Sizes that do not fit each other are a
// mistake in the program, and the kernels panic with a message that says what
// was wanted and got; nothing outside a map's channels is ever touched.
package kernel
