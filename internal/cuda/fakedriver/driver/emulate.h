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

// Operands is what the threads of a warp give an instruction that all of them do: rows
// of a, columns of b. A thread gets other ones for the next such instruction, which some
// begin while others are still at this one.
struct Operands { float a[16][8], b[8][8]; };
Operands &emulated_operands();

#define DEVICE static inline __attribute__((always_inline))
#define KERNEL(name, Params, ...) \
	static void name(const Params *params, long photos, float *arena, const float *weights); \
	static Registered registered_##name(#name, (void *)name, sizeof(Params), emulated_threads(__VA_ARGS__)); \
	static void name(const Params *params, long photos, float *arena, const float *weights)
#define SHARED(Type, name) Type &name = *(Type *)emulated_shared(sizeof(Type))
#define SHARED_COMMA ,
#define SYNC() emulated_barrier()

constexpr int emulated_threads(int threads, int = 0) { return threads; }

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
	for (int i = 0; i < 4; i++) o.a[g + i % 2 * 8][q + i / 2 * 4] = bits_to_float(a[i] & ~0x1fffu);
	for (int i = 0; i < 2; i++) o.b[g][q + i * 4] = bits_to_float(b[i] & ~0x1fffu);
	emulated_warp_barrier();
	for (int i = 0; i < 4; i++) {
		const float *x = o.a[g + i / 2 * 8], *y = o.b[2 * q + i % 2];
		for (int k = 0; k < 8; k++) d[i] += x[k] * y[k];
	}
}

DEVICE void warp_sync() { emulated_warp_barrier(); }

// copy_async copies 16 bytes to shared memory in the background, zeros unless inside.
DEVICE void copy_async(float *shared, const float *src, bool inside) { emulated_copy(shared, inside ? src : nullptr); }
DEVICE void commit_copies() { emulated_commit(); }
template <int GROUPS> DEVICE void wait_for_copies() { emulated_wait(GROUPS); }
