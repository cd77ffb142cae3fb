#pragma once
#include "dialect.h"
#include "params.h"

DEVICE float zero_below(float x) { return x < 0.f ? 0.f : x; } // NaN stays

// exponential is eˣ to about 1 unit in the last place: 2ᵏ·eʳ with |r| ≤ ln 2/2, by a
// polynomial. It is 0 below −104 and ∞ above 88.8.
DEVICE float exponential(float x) {
	if (x > 88.8f) return bits_to_float(0x7f800000);
	if (x < -104.f) return 0.f;
	const float round = 12582912.f; // 1.5·2²³: adding it leaves the integer in the last bits
	float k = fma(x, 1.44269504f, round);
	int n = float_to_bits(k) - 0x4b400000;
	k -= round;
	float r = fma(k, -0.693145752f, x);
	r = fma(k, -1.42860677e-6f, r);
	float p = 1.f / 5040;
	p = fma(p, r, 1.f / 720);
	p = fma(p, r, 1.f / 120);
	p = fma(p, r, 1.f / 24);
	p = fma(p, r, 1.f / 6);
	p = fma(p, r, 0.5f);
	p = fma(p, r, 1.f);
	p = fma(p, r, 1.f);
	// In two factors, since 2ⁿ alone may be subnormal or ∞.
	int half = n / 2;
	return p * bits_to_float((half + 127) << 23) * bits_to_float((n - half + 127) << 23);
}

// clamp leaves NaN as it is.
DEVICE float clamp(float x, Activation a) {
	x = x < a.low ? a.low : x;
	return x > a.high ? a.high : x;
}

DEVICE float activate(float x, Activation a) {
	x = clamp(x, a);
	if (a.curve == Straight) return x;
	float sigmoid = 1.f / (1.f + exponential(-x));
	return a.curve == Swish ? x * sigmoid : sigmoid;
}

DEVICE f4 clamp4(f4 x, Activation a) {
	UNROLL
	for (int i = 0; i < 4; i++) x[i] = clamp(x[i], a);
	return x;
}

DEVICE f4 activate4(f4 x, Activation a) {
	x = clamp4(x, a);
	if (a.curve == Straight) return x;
	UNROLL
	for (int i = 0; i < 4; i++) x[i] = activate(x[i], a);
	return x;
}

// normalize applies a, for channel c.
DEVICE float normalize(float x, const Affine &a, const float *__restrict__ weights, int c) {
	if (a.scale >= 0) x = fma(x, weights[a.scale + c], weights[a.shift + c]);
	return activate(x, a.activation);
}

// load4 reads channels c to c+3 of a pixel, 0 from channel n on. x4 says that 16
// bytes can be read at once.
DEVICE f4 load4(const float *pixel, int c, int n, int x4) {
	if (x4) return *(const f4 *)(pixel + c);
	f4 v = {0.f, 0.f, 0.f, 0.f};
	UNROLL
	for (int i = 0; i < 4; i++)
		if (c + i < n) v[i] = pixel[c + i];
	return v;
}

DEVICE void store4(float *pixel, int c, int n, int y4, f4 v) {
	if (y4) {
		*(f4 *)(pixel + c) = v;
		return;
	}
	UNROLL
	for (int i = 0; i < 4; i++)
		if (c + i < n) pixel[c + i] = v[i];
}

// normalize4 applies a to channels c to c+3 of n. Scales and shifts are rounded up
// to whole fours.
DEVICE f4 normalize4(f4 v, const Affine &a, const float *__restrict__ weights, int c) {
	if (a.scale >= 0) {
		f4 scale = *(const f4 *)(weights + a.scale + c), shift = *(const f4 *)(weights + a.shift + c);
		v = v * scale + shift;
	}
	return activate4(v, a.activation);
}
