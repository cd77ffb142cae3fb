// What the kernels are told, byte for byte as params.go writes it. Offsets and
// strides count floats.
#pragma once

struct View { // a map of every photo of the batch
	long at;     // in the arena
	long photo;  // from photo to photo
	int pitch;   // from pixel to pixel
	int h, w, c;
};

struct Activation { // what lies outside is cut off, then comes the curve
	float low, high;
	int curve;
};

enum { Straight, Sigmoid, Swish };

struct Window {
	int kernel[2], stride[2], dilation[2];
	int pad[2]; // top and left
};

struct Affine { // a·x + b by channel, then an activation
	long scale, shift; // in the weights; −1 is none
	Activation activation;
};

struct ConvParams {
	View x, y, base;       // base is added if accumulate
	Window window;
	Affine before;         // of what is read, not of the padding
	long weights, bias;
	Activation activation; // straight
	int accumulate;
	int groups;            // channels of x and y are split between them
	int in, in4;           // channels of a group, and rounded up to 4
	int out, columns;      // filters of a group, and rounded up to whole tiles
	int depth;             // rows of the weights, a multiple of 8: taps · in4, and zeros
	int x4, y4;            // whether x, y and base can be moved 4 channels at a time
};

struct DepthwiseParams {
	View x, y;
	Window window;
	long weights, bias; // [taps][channels of y], channels rounded up to 4
	Activation activation;
	int multiplier;     // filters of a channel
	int columns;        // channels of y, rounded up to 4
	int x4;             // whether x and y can be moved 4 channels at a time
};

struct PoolParams {
	View x, y;
	Window window;
	Affine before;
	int max;   // or mean
	int zeros; // the padding of a maximum counts as zeros
	int x4;
};

struct GlobalPoolParams {
	View x, y;
	Affine before;
	int max; // or mean
};

struct MapParams { // y = x with zeros around
	View x, y;
	Affine with;
	int pad[2];
};

struct CombineParams { // y = x + with, or x · with
	View x, with, y;
	Activation activation;
	int multiply;
	int gate; // with has one pixel
};

struct SoftmaxParams {
	View x, y;
};

struct Tap { // some of a picture's pixels in a row or column
	int first, count;
	int weights; // in ints behind all taps
};

struct Picture { // bytes [height, width, 3], and what each column and row of y is made of
	long pix, across, down, weights; // in bytes behind the table
	int width;
	int downFirst; // which pass rounds to bytes first
	int bgr;       // y has blue, green, red
	int unused;
};

struct PixelParams { // y of bytes, by what each byte means
	View y;
	long table; // in the arena: float [3][256], then a Picture a photo
};
