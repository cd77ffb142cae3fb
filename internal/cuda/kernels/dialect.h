// The small dialect that kernels are written in: clang makes PTX of it, and g++
// makes functions of it that the fake driver runs (fakedriver/driver/emulate.h).
//
// A kernel takes a block of parameters, the photos of this run, the arena, and
// the weights. Shared memory is a struct behind SHARED.
#pragma once

typedef float f4 __attribute__((vector_size(16)));

#if defined(__CUDA__)
#define __host__ __attribute__((host))
#define __device__ __attribute__((device))
#define __global__ __attribute__((global))
#define __shared__ __attribute__((shared))
struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
#include <__clang_cuda_builtin_vars.h>

#define DEVICE static inline __device__ __attribute__((always_inline))
#define KERNEL(name, Params, threads) \
	extern "C" __global__ __attribute__((launch_bounds(threads))) void name( \
		const Params *__restrict__ params, long photos, float *arena, const float *__restrict__ weights)
#define SHARED(Type, name) __shared__ Type name
#define SYNC() __nvvm_bar_sync(0)
#define SHARED_COMMA ,

DEVICE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
DEVICE float bits_to_float(int bits) { return __builtin_bit_cast(float, bits); }
DEVICE int float_to_bits(float x) { return __builtin_bit_cast(int, x); }

// load4_shared reads 16 bytes of shared memory at once, which clang would not.
DEVICE f4 load4_shared(const float *p) {
	unsigned at = (unsigned)(unsigned long)(__attribute__((address_space(3))) const float *)p;
	float x, y, z, w;
	asm volatile("ld.shared.v4.f32 {%0,%1,%2,%3}, [%4];" : "=f"(x), "=f"(y), "=f"(z), "=f"(w) : "r"(at));
	return f4{x, y, z, w};
}

#else
#include "../fakedriver/driver/emulate.h"
#endif

#if defined(__CUDA__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
