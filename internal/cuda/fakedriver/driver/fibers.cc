// Blocks of threads as fibers: each runs until its next barrier.
#include "../../kernels/dialect.h"
#include "fake.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <sys/mman.h>

thread_local Index threadIdx, blockIdx, blockDim, gridDim;

std::map<std::string, Kernel> &kernels() {
	static std::map<std::string, Kernel> all;
	return all;
}

Registered::Registered(const char *name, void *kernel, int params, int threads) {
	kernels()[name] = Kernel{name, (void (*)(const void *, long, float *, const float *))kernel, params, threads};
}

// switch_stack saves the registers that a call must keep, and goes on where another
// stack saved its own.
extern "C" void switch_stack(void **save, void *to);
#if defined(__x86_64__)
asm(".text\n.globl switch_stack\n.hidden switch_stack\n.type switch_stack,@function\nswitch_stack:\n"
    "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, (%rdi); mov %rsi, %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp; ret\n");
enum { SAVED = 6 };
#else
#error "the fake driver is written for x86-64"
#endif

namespace {

enum State { READY, AT_BARRIER, AT_WARP, DONE };

struct Copy { void *dst; float values[4]; int group; };

struct Fiber {
	char *stack;
	void *at; // where it stands
	State state;
	Index index;
	int warp, group;
	unsigned exchanges;
	std::vector<Copy> copies;
};

constexpr size_t STACK = 64 << 10, PAGE = 4096, SHARED_MEMORY = 48 << 10;

// Fibers are those of a thread of this machine, and end with it.
struct Fibers : std::vector<Fiber *> {
	~Fibers() { drop(); }
	void drop() {
		for (Fiber *f : *this) {
			munmap(f->stack, STACK + PAGE);
			delete f;
		}
		clear();
	}
};

thread_local Fibers fibers;
thread_local std::vector<Operands> warps; // two for each warp
thread_local Fiber *current;
thread_local void *scheduler;
struct Shared { // of a block, and ends with the thread
	char *memory = nullptr;
	~Shared() { if (memory) munmap(memory, SHARED_MEMORY + PAGE); }
};
thread_local Shared shared_memory;
thread_local char *shared;
thread_local const Kernel *kernel;
thread_local uint64_t *arguments;
int order;

void yield(State s) {
	current->state = s;
	switch_stack(&current->at, scheduler);
}

[[noreturn]] void body() {
	for (;;) {
		kernel->run((const void *)arguments[0], (long)arguments[1], (float *)arguments[2], (const float *)arguments[3]);
		yield(DONE);
	}
}

// mapped returns pages with one behind them that nobody may touch.
char *mapped(size_t n) {
	char *p = (char *)mmap(nullptr, n + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) abort();
	if (mprotect(p + n, PAGE, PROT_NONE) != 0) abort();
	return p;
}

void prepare(unsigned threads) {
	if (!shared) shared = shared_memory.memory = mapped(SHARED_MEMORY);
	while (fibers.size() < threads) {
		Fiber *f = new Fiber();
		f->stack = mapped(STACK);
		void **top = (void **)(f->stack + STACK) - 1; // as after a call
		*--top = (void *)body;
		for (int i = 0; i < SAVED; i++) *--top = nullptr;
		f->at = top;
		fibers.push_back(f);
	}
	warps.resize((threads + 31) / 32 * 2);
}

void go_on(Fiber *f) {
	current = f;
	threadIdx = f->index;
	switch_stack(&scheduler, f->at);
}

// run_warp runs the threads of a warp up to the block's next barrier. It is false where
// some wait for the rest of the warp in vain.
bool run_warp(unsigned from, unsigned to) {
	for (;;) {
		unsigned waiting = 0;
		for (unsigned i = from; i < to; i++) {
			Fiber *f = fibers[order == 1 ? from + to - 1 - i : i];
			if (f->state == READY) go_on(f);
			waiting += f->state == AT_WARP;
		}
		if (waiting == 0) return true;
		if (waiting != to - from) return false;
		for (unsigned i = from; i < to; i++) fibers[i]->state = READY;
	}
}

bool run_block(unsigned threads) {
	memset(shared, 0xff, SHARED_MEMORY); // NaN
	for (unsigned i = 0; i < threads; i++) {
		Fiber &f = *fibers[i];
		f.index = {i, 0, 0};
		f.state = READY;
		f.warp = i / 32;
		f.group = f.exchanges = 0;
		f.copies.clear();
	}
	unsigned count = (threads + 31) / 32;
	for (;;) {
		for (unsigned i = 0; i < count; i++) {
			unsigned w = order == 1 ? count - 1 - i : i;
			if (!run_warp(w * 32, std::min(threads, w * 32 + 32))) {
				fprintf(stderr, "fake driver: %s: part of a warp waits for the rest in vain\n", kernel->name.c_str());
				return false;
			}
		}
		unsigned done = 0;
		for (unsigned i = 0; i < threads; i++) done += fibers[i]->state == DONE;
		if (done == threads) return true;
		if (done > 0) {
			fprintf(stderr, "fake driver: %s: %u threads wait at a barrier for %u that ended\n", kernel->name.c_str(), threads - done, done);
			return false;
		}
		for (unsigned i = 0; i < threads; i++) fibers[i]->state = READY;
	}
}

} // namespace

void emulated_barrier() { yield(AT_BARRIER); }
void emulated_warp_barrier() { yield(AT_WARP); }
Operands &emulated_operands() { return warps[current->warp * 2 + current->exchanges++ % 2]; }

void *emulated_shared(size_t n) {
	if (n > SHARED_MEMORY) abort();
	return shared + ((SHARED_MEMORY - n) & ~15ul); // up to the guard page
}

void emulated_copy(void *dst, const void *src) {
	Copy c = {dst, {0, 0, 0, 0}, current->group};
	if (src) memcpy(c.values, src, 16);
	memset(dst, 0xff, 16); // until it is waited for
	current->copies.push_back(c);
}

void emulated_commit() { current->group++; }

void emulated_wait(int groups) {
	auto &all = current->copies;
	size_t n = 0;
	while (n < all.size() && all[n].group < current->group - groups) {
		memcpy(all[n].dst, all[n].values, 16);
		n++;
	}
	all.erase(all.begin(), all.begin() + n);
}

void set_order(int o) { order = o; }

bool run_grid(const Kernel &k, Grid g, uint64_t args[4]) {
	prepare(g.threads);
	kernel = &k;
	arguments = args;
	blockDim = {g.threads, 1, 1};
	gridDim = {g.x, g.y, g.z};
	std::vector<unsigned> blocks((size_t)g.x * g.y * g.z);
	std::iota(blocks.begin(), blocks.end(), 0u);
	if (order == 1) std::reverse(blocks.begin(), blocks.end());
	if (order == 2) { // a fixed shuffle
		uint64_t state = 88172645463325252ull;
		for (size_t i = blocks.size(); i > 1; i--) {
			state ^= state << 13; state ^= state >> 7; state ^= state << 17;
			std::swap(blocks[i - 1], blocks[state % i]);
		}
	}
	for (unsigned b : blocks) {
		blockIdx = {b % g.x, b / g.x % g.y, b / g.x / g.y};
		if (!run_block(g.threads)) {
			fibers.drop(); // they hang in the middle of a kernel
			return false;
		}
	}
	return true;
}
