//go:build (cuda || gpu) && cgo

// The driver's library, opened when the program starts. gorgonia.org/cu calls
// cuInit before main and ends the program if that fails, so cuInit is ours: it
// always succeeds, and keeps what the driver said.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

enum { NOT_FOUND = 500 };

static int missing(void) { return NOT_FOUND; }

#define SYMBOL(name) __attribute__((visibility("hidden"))) void *cairn_cuda_##name = (void *)missing;
#include "symbols.h"
#undef SYMBOL

static void *library;
static int result = -1;

static void bind(void **slot, const char *name) {
	void *f = dlsym(library, name);
	if (f != NULL) *slot = f;
}

int cuInit(unsigned flags) {
	if (library != NULL) return 0;
	library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
	if (library == NULL) return 0;
#define SYMBOL(name) bind(&cairn_cuda_##name, #name);
#include "symbols.h"
#undef SYMBOL
	int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
	result = init == NULL ? NOT_FOUND : init(flags);
	return 0;
}

int cairn_cuda_library(void) { return library != NULL; }
int cairn_cuda_init(void) { return result; }
