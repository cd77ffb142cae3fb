//go:build (cuda || gpu) && cgo

// Every function of the driver as a jump through a table that library_linux.c
// fills: so a program links without the driver's library and starts without it.

#if defined(__x86_64__)
#define SYMBOL(name) \
	.globl name; .type name, @function; name: jmp *cairn_cuda_##name(%rip);
#elif defined(__aarch64__)
#define SYMBOL(name) \
	.globl name; .type name, %function; name: \
	adrp x16, cairn_cuda_##name; ldr x16, [x16, :lo12:cairn_cuda_##name]; br x16;
#else
#error "CUDA: want x86-64 or arm64"
#endif

	.text
#include "symbols.h"

	.section .note.GNU-stack,"",%progbits
