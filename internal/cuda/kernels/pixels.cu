// Photos as bytes to a network's input, with the bits of Pillow: sums of weighted bytes in
// fixed point, in two passes that round to bytes each.
#include "dialect.h"
#include "params.h"

enum { FRACTION = 22, HALF = 1 << (FRACTION - 1) }; // of weights

DEVICE int to_byte(int sum) {
	sum >>= FRACTION;
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

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
	Tap first = picture.downFirst ? down : across, second = picture.downFirst ? across : down;
	int down3 = picture.width * 3;
	int step1 = picture.downFirst ? down3 : 3, step2 = picture.downFirst ? 3 : down3;
	int sum[3] = {HALF, HALF, HALF};
	for (int j = 0; j < second.count; j++) {
		int part[3] = {HALF, HALF, HALF};
		const unsigned char *at = pix + (long)j * step2;
		for (int k = 0; k < first.count; k++, at += step1) {
			int w = shares[first.weights + k];
			UNROLL
			for (int c = 0; c < 3; c++) part[c] += w * at[c];
		}
		int w = shares[second.weights + j];
		UNROLL
		for (int c = 0; c < 3; c++) sum[c] += w * to_byte(part[c]);
	}
	float *to = arena + p.y.at + photo * p.y.photo + (long)(y * p.y.w + x) * p.y.pitch;
	UNROLL
	for (int c = 0; c < 3; c++) to[c] = table[c * 256 + to_byte(picture.bgr ? sum[2 - c] : sum[c])];
}
