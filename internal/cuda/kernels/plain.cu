// Kernels in which a thread computes one value, and softmax.
#include "math.h"

KERNEL(map, MapParams, 256) {
	const MapParams &p = *params;
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i >= photos * p.y.h * p.y.w * p.y.c) return;
	int c = i % p.y.c, pixel = i / p.y.c, at = pixel % (p.y.h * p.y.w), photo = pixel / (p.y.h * p.y.w);
	int y = at / p.y.w - p.pad[0], x = at % p.y.w - p.pad[1];
	float v = 0.f;
	if ((unsigned)y < (unsigned)p.x.h && (unsigned)x < (unsigned)p.x.w)
		v = normalize(arena[p.x.at + photo * p.x.photo + (long)(y * p.x.w + x) * p.x.pitch + c], p.with, weights, c);
	arena[p.y.at + photo * p.y.photo + (long)at * p.y.pitch + c] = v;
}

KERNEL(combine, CombineParams, 256) {
	const CombineParams &p = *params;
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i >= photos * p.y.h * p.y.w * p.y.c) return;
	int c = i % p.y.c, pixel = i / p.y.c, at = pixel % (p.y.h * p.y.w), photo = pixel / (p.y.h * p.y.w);
	float v = arena[p.x.at + photo * p.x.photo + (long)at * p.x.pitch + c];
	float with = arena[p.with.at + photo * p.with.photo + (p.gate ? 0 : (long)at * p.with.pitch) + c];
	arena[p.y.at + photo * p.y.photo + (long)at * p.y.pitch + c] = activate(p.multiply ? v * with : v + with, p.activation);
}

struct SoftmaxPart {
	float part[128];
};

// largest_or_sum combines the values of a block's 128 threads, in a fixed order.
DEVICE float largest_or_sum(SoftmaxPart &s, float v, bool largest) {
	int t = threadIdx.x;
	SYNC();
	s.part[t] = v;
	SYNC();
	for (int n = 64; n > 0; n /= 2) {
		if (t < n) {
			float a = s.part[t], b = s.part[t + n];
			s.part[t] = largest ? (a > b ? a : b) : a + b;
		}
		SYNC();
	}
	return s.part[0];
}

// softmax: a block computes a pixel.
KERNEL(softmax, SoftmaxParams, 128) {
	SHARED(SoftmaxPart, s);
	const SoftmaxParams &p = *params;
	int at = blockIdx.x % (p.x.h * p.x.w), photo = blockIdx.x / (p.x.h * p.x.w);
	const float *x = arena + p.x.at + photo * p.x.photo + (long)at * p.x.pitch;
	float *y = arena + p.y.at + photo * p.y.photo + (long)at * p.y.pitch;
	float largest = bits_to_float(0xff800000);
	for (int c = threadIdx.x; c < p.x.c; c += 128) largest = x[c] > largest ? x[c] : largest;
	largest = largest_or_sum(s, largest, true);
	float sum = 0.f;
	for (int c = threadIdx.x; c < p.x.c; c += 128) sum += exponential(x[c] - largest);
	sum = largest_or_sum(s, sum, false);
	for (int c = threadIdx.x; c < p.x.c; c += 128) y[c] = exponential(x[c] - largest) / sum;
}
