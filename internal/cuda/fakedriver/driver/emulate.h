// The kernels' dialect for g++: threads of a block are fibers of one thread of
// this machine.
#pragma once
#include <cmath>
#include <cstring>
#include <utility>

struct Index { unsigned x, y, z; };
extern thread_local Index threadIdx, blockIdx, blockDim, gridDim;

void emulated_barrier();          // of the block
void emulated_warp_barrier();     // of the warp
void *emulated_shared(size_t n);  // the block's shared memory
void emulated_copy(void *dst, const void *src); // 16 bytes, when they are waited for
void emulated_commit();           // ends a group of copies
void emulated_wait(int groups);   // for all but so many groups

// Operands is what the threads of a warp give an instruction that all of them do.
struct Operands { unsigned a[32][4], b[32][2]; };
Operands &emulated_operands();

#define DEVICE static inline __attribute__((always_inline))
#define KERNEL(name, Params, threads) \
	static void name(const Params *params, long photos, float *arena, const float *weights); \
	static Registered registered_##name(#name, (void *)name, sizeof(Params), threads); \
	static void name(const Params *params, long photos, float *arena, const float *weights)
#define SHARED(Type, name) Type &name = *(Type *)emulated_shared(sizeof(Type))
#define SHARED_COMMA ,
#define SYNC() emulated_barrier()

// Registered makes a kernel known to the driver.
struct Registered { Registered(const char *name, void *kernel, int params, int threads); };

DEVICE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float bits_to_float(int bits) { float x; memcpy(&x, &bits, 4); return x; }
DEVICE int float_to_bits(float x) { int b; memcpy(&b, &x, 4); return b; }
DEVICE f4 load4_shared(const float *p) { return *(const f4 *)p; }

// tf32 rounds to nearest, ties away from zero, to 10 bits of fraction.
DEVICE unsigned tf32(float x) {
	unsigned u = float_to_bits(x);
	return (u & 0x7f800000u) == 0x7f800000u ? u : (u + 0x1000u) & ~0x1fffu;
}

// multiply_add: d += a·b of 16×8 and 8×8 values that a warp holds together.
DEVICE void multiply_add(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
	Operands &o = emulated_operands();
	int lane = threadIdx.x % 32, g = lane / 4, q = lane % 4;
	memcpy(o.a[lane], a, 16);
	memcpy(o.b[lane], b, 8);
	emulated_warp_barrier();
	for (int i = 0; i < 4; i++) {
		int row = g + i / 2 * 8, column = 2 * q + i % 2;
		for (int k = 0; k < 8; k++) {
			unsigned x = o.a[row % 8 * 4 + k % 4][row / 8 + k / 4 * 2], y = o.b[column * 4 + k % 4][k / 4];
			d[i] += bits_to_float(x & ~0x1fffu) * bits_to_float(y & ~0x1fffu);
		}
	}
	emulated_warp_barrier();
}

// copy_async copies 16 bytes to shared memory in the background, zeros if src is null.
DEVICE void copy_async(float *shared, const float *src) { emulated_copy(shared, src); }
DEVICE void commit_copies() { emulated_commit(); }
template <int GROUPS> DEVICE void wait_for_copies() { emulated_wait(GROUPS); }
