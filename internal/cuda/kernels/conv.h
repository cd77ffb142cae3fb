// Convolutions as products of matrices: rows are output pixels, columns filters,
// and depth runs over the taps and channels under the window.
#pragma once
#include "math.h"

// Taps walks the depth of a convolution in order: channels of the first tap, of the
// second, and so on.
struct Taps {
	int c, x, y;
};

// settle carries channels over into taps.
DEVICE void settle(Taps &t, int channels, int width) {
	while (t.c >= channels) {
		t.c -= channels;
		if (++t.x == width) {
			t.x = 0;
			t.y++;
		}
	}
}

// Reader is where one output pixel reads: the input under the first tap, which may
// lie in the padding.
struct Reader {
	const float *photo;
	int y, x;
};

DEVICE Reader reader(const ConvParams &p, const float *arena, int row, int rows, int group) {
	Reader r;
	int pixels = p.y.h * p.y.w;
	int photo = row / pixels, pixel = row - photo * pixels;
	int y = pixel / p.y.w, x = pixel - y * p.y.w;
	r.photo = arena + p.x.at + photo * p.x.photo + group * p.in;
	// Rows past the end read nothing: no window reaches up to there.
	r.y = row < rows ? y * p.window.stride[0] - p.window.pad[0] : -(1 << 30);
	r.x = x * p.window.stride[1] - p.window.pad[1];
	return r;
}

// Source is what the inner loop needs to know of the input. It lies in shared memory, since
// registers are few.
struct Source {
	int h, w, pitch, in, in4, x4;
	int height, width, dilationY, dilationX; // of the window
	Affine before;
};

DEVICE Source source(const ConvParams &p) {
	return Source{p.x.h, p.x.w, p.x.pitch, p.in, p.in4, p.x4,
	              p.window.kernel[0], p.window.kernel[1], p.window.dilation[0], p.window.dilation[1], p.before};
}

// address returns the pixel under a tap, or nullptr in the padding.
DEVICE const float *address(const Source &s, const Reader &r, const Taps &t) {
	int y = r.y + t.y * s.dilationY, x = r.x + t.x * s.dilationX;
	bool inside = t.y < s.height && (unsigned)y < (unsigned)s.h && (unsigned)x < (unsigned)s.w;
	return inside ? r.photo + (long)(y * s.w + x) * s.pitch : nullptr;
}

// finish writes four filters of an output pixel: bias, sum and activation.
DEVICE void finish(const ConvParams &p, float *arena, const float *weights, int row, int column, int group, f4 v) {
	int pixels = p.y.h * p.y.w;
	int photo = row / pixels, pixel = row - photo * pixels;
	int c = group * p.out + column, end = group * p.out + p.out;
	v += *(const f4 *)(weights + p.bias + group * p.columns + column);
	if (p.accumulate) v += load4(arena + p.base.at + photo * p.base.photo + (long)pixel * p.base.pitch, c, end, p.y4);
	store4(arena + p.y.at + photo * p.y.photo + (long)pixel * p.y.pitch, c, end, p.y4, clamp4(v, p.activation));
}
