// Photos as bytes to a network's input, with the bits of Pillow: sums of weighted bytes in
// fixed point, in two passes that round to bytes each.
#include "dialect.h"
#include "params.h"

enum { FRACTION = 22, HALF = 1 << (FRACTION - 1) }; // of weights

DEVICE int to_byte(int sum) {
	sum >>= FRACTION;
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

struct Pass { // over pixels that are a step of bytes apart
	int count, step;
	const int *weights;
};

// pixels: a thread makes a pixel of y. It does the first pass anew for each row, or column,
// of the second.
KERNEL(pixels, PixelParams, 256) {
	const PixelParams &p = *params;
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i >= photos * p.y.h * p.y.w) return;
	int x = i % p.y.w, y = i / p.y.w % p.y.h, photo = i / (p.y.h * p.y.w);
	const float *table = arena + p.table;
	const char *behind = (const char *)(table + 3 * 256);
	const Picture &picture = ((const Picture *)behind)[photo];
	const unsigned char *pix = (const unsigned char *)behind + picture.pix;
	const int *shares = (const int *)(behind + picture.weights);
	Tap across = ((const Tap *)(behind + picture.across))[x], down = ((const Tap *)(behind + picture.down))[y];
	pix += ((long)down.first * picture.width + across.first) * 3;
	Pass first = {across.count, 3, shares + across.weights};
	Pass second = {down.count, picture.width * 3, shares + down.weights};
	if (picture.downFirst) {
		Pass other = first;
		first = second;
		second = other;
	}
	int sum[3] = {HALF, HALF, HALF};
	for (int j = 0; j < second.count; j++) {
		int part[3] = {HALF, HALF, HALF};
		const unsigned char *at = pix + (long)j * second.step;
		for (int k = 0; k < first.count; k++, at += first.step) {
			int w = first.weights[k];
			UNROLL
			for (int c = 0; c < 3; c++) part[c] += w * at[c];
		}
		int w = second.weights[j];
		UNROLL
		for (int c = 0; c < 3; c++) sum[c] += w * to_byte(part[c]);
	}
	int red = to_byte(sum[0]), blue = to_byte(sum[2]);
	float *to = arena + p.y.at + photo * p.y.photo + (long)(y * p.y.w + x) * p.y.pitch;
	to[0] = table[picture.bgr ? blue : red];
	to[1] = table[256 + to_byte(sum[1])];
	to[2] = table[512 + (picture.bgr ? red : blue)];
}
