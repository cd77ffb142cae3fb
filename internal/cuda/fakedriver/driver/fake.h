// What the parts of the fake driver know of each other.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

enum Result {
	SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, NO_BINARY = 209, INVALID_PTX = 218,
	INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700, OUT_OF_RESOURCES = 701, LAUNCH_FAILED = 719,
	NOT_SUPPORTED = 801,
};

struct Kernel {
	std::string name;
	void (*run)(const void *params, long photos, float *arena, const float *weights);
	int params;  // bytes
	int threads; // at most
};
std::map<std::string, Kernel> &kernels();

struct Grid { unsigned x, y, z, threads; };

// run_grid runs all blocks of a launch, in the order chosen. It is false where threads
// wait for others that ended.
bool run_grid(const Kernel &k, Grid g, uint64_t args[4]);
void set_order(int order); // 0 forward, 1 reversed, 2 shuffled

// Device memory. The host can touch it inside of Touch only.
struct Touch { Touch(); ~Touch(); };
Result allocate(uint64_t *p, size_t n);
Result release(uint64_t p);
bool owned(uint64_t p, size_t n);
void set_memory(size_t n);
size_t memory_total();
size_t memory_used();
