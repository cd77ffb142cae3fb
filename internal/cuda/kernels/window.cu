// Kernels in which a thread computes four channels of an output pixel: depthwise
// convolution and pools.
#include "math.h"

// Place is what a thread computes: a pixel of a photo and the first of four channels.
struct Place {
	int photo, y, x, c;
	bool inside;
};

DEVICE Place place(const View &v, int fours, long photos) {
	Place p;
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	p.inside = i < photos * v.h * v.w * fours;
	p.c = i % fours * 4;
	i /= fours;
	p.x = i % v.w;
	i /= v.w;
	p.y = i % v.h;
	p.photo = i / v.h;
	return p;
}

DEVICE const float *pixel(const float *arena, const View &v, int photo, int y, int x) {
	return arena + v.at + photo * v.photo + (long)(y * v.w + x) * v.pitch;
}

KERNEL(depthwise, DepthwiseParams, 256) {
	const DepthwiseParams &p = *params;
	Place o = place(p.y, p.columns / 4, photos);
	if (!o.inside) return;
	f4 sum = *(const f4 *)(weights + p.bias + o.c);
	const float *w = weights + p.weights + o.c;
	for (int ky = 0; ky < p.window.kernel[0]; ky++) {
		int y = o.y * p.window.stride[0] - p.window.pad[0] + ky * p.window.dilation[0];
		for (int kx = 0; kx < p.window.kernel[1]; kx++, w += p.columns) {
			int x = o.x * p.window.stride[1] - p.window.pad[1] + kx * p.window.dilation[1];
			if ((unsigned)y >= (unsigned)p.x.h || (unsigned)x >= (unsigned)p.x.w) continue;
			const float *in = pixel(arena, p.x, o.photo, y, x);
			f4 v;
			if (p.multiplier == 1) {
				v = load4(in, o.c, p.x.c, p.x4);
			} else {
				UNROLL
				for (int i = 0; i < 4; i++) {
					int c = (o.c + i) / p.multiplier;
					v[i] = c < p.x.c ? in[c] : 0.f;
				}
			}
			sum += v * *(const f4 *)w;
		}
	}
	store4((float *)pixel(arena, p.y, o.photo, o.y, o.x), o.c, p.y.c, p.x4, activate4(sum, p.activation));
}

KERNEL(pool, PoolParams, 256) {
	const PoolParams &p = *params;
	Place o = place(p.y, (p.y.c + 3) / 4, photos);
	if (!o.inside) return;
	const float none = bits_to_float(0xff800000); // −∞
	float begin = p.max ? none : 0.f;
	f4 v = {begin, begin, begin, begin};
	int count = 0;
	for (int ky = 0; ky < p.window.kernel[0]; ky++) {
		int y = o.y * p.window.stride[0] - p.window.pad[0] + ky * p.window.dilation[0];
		for (int kx = 0; kx < p.window.kernel[1]; kx++) {
			int x = o.x * p.window.stride[1] - p.window.pad[1] + kx * p.window.dilation[1];
			if ((unsigned)y >= (unsigned)p.x.h || (unsigned)x >= (unsigned)p.x.w) continue;
			f4 in = normalize4(load4(pixel(arena, p.x, o.photo, y, x), o.c, p.x.c, p.x4), p.before, weights, o.c);
			count++;
			UNROLL
			for (int i = 0; i < 4; i++) v[i] = p.max ? (v[i] > in[i] ? v[i] : in[i]) : v[i] + in[i];
		}
	}
	float share = 1.f / (float)count;
	int all = p.window.kernel[0] * p.window.kernel[1];
	UNROLL
	for (int i = 0; i < 4; i++) {
		if (!p.max) v[i] *= share;
		else if (p.zeros && count < all) v[i] = zero_below(v[i]);
	}
	store4((float *)pixel(arena, p.y, o.photo, o.y, o.x), o.c, p.y.c, p.x4, v);
}

struct GlobalPart {
	float part[8][32];
};

// global_pool: a block computes 32 channels of a photo. Each eighth of its threads takes
// every eighth pixel.
KERNEL(global_pool, GlobalPoolParams, 256) {
	SHARED(GlobalPart, s);
	const GlobalPoolParams &p = *params;
	int lane = threadIdx.x % 32, strip = threadIdx.x / 32, c = blockIdx.x * 32 + lane, photo = blockIdx.y;
	float v = p.max ? bits_to_float(0xff800000) : 0.f;
	int pixels = p.x.h * p.x.w;
	if (c < p.x.c) {
		const float *x = arena + p.x.at + photo * p.x.photo + c;
		for (int i = strip; i < pixels; i += 8) {
			float in = normalize(x[(long)i * p.x.pitch], p.before, weights, c);
			v = p.max ? (v > in ? v : in) : v + in;
		}
	}
	s.part[strip][lane] = v;
	SYNC();
	if (strip != 0 || c >= p.x.c) return;
	for (int i = 1; i < 8; i++) {
		float in = s.part[i][lane];
		v = p.max ? (v > in ? v : in) : v + in;
	}
	arena[p.y.at + photo * p.y.photo + c] = p.max ? v : v / (float)pixels;
}
