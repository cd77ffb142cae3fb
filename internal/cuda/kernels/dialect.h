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
// A third number is how many blocks must fit on a multiprocessor.
#define KERNEL(name, Params, ...) \
	extern "C" __global__ __attribute__((launch_bounds(__VA_ARGS__))) void name( \
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

#if __CUDA_ARCH__ >= 800
// tf32 rounds to nearest, ties away from zero, to 10 bits of fraction.
DEVICE unsigned tf32(float x) {
	unsigned u;
	asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(u) : "f"(x));
	return u;
}

// multiply_add: d += a·b of 16×8 and 8×8 values that a warp holds together. With g = lane/4
// and q = lane%4, a has (g,q), (g+8,q), (g,q+4), (g+8,q+4), b has (q,g), (q+4,g), and d has
// (g,2q), (g,2q+1), (g+8,2q), (g+8,2q+1).
DEVICE void multiply_add(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
	asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
	             : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
	             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// copy_async copies 16 bytes to shared memory in the background, zeros unless inside.
// Nobody may read them before wait_for_copies and a barrier.
DEVICE void copy_async(float *shared, const float *src, bool inside) {
	unsigned at = (unsigned)(unsigned long)(__attribute__((address_space(3))) float *)shared;
	int bytes = inside ? 16 : 0;
	asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(src), "r"(bytes) : "memory");
}
DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int GROUPS> DEVICE void wait_for_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(GROUPS) : "memory"); }
DEVICE void warp_sync() { asm volatile("bar.warp.sync 0xffffffff;" ::: "memory"); }
#endif

#else
#include "../fakedriver/driver/emulate.h"
#endif

#if defined(__CUDA__)
#define UNROLL _Pragma("unroll")
#define UNROLL_BY(n) UNROLL_BY_(unroll n)
#define UNROLL_BY_(x) _Pragma(#x)
#else
#define UNROLL _Pragma("GCC unroll 16")
#define UNROLL_BY(n)
#endif
