// Device memory: pages of their own that end at a page nobody may touch, filled with
// NaN, and closed to this machine's program between calls of the driver.
#include "fake.h"
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sys/mman.h>

namespace {

constexpr size_t PAGE = 4096;

struct Allocation { char *base; size_t pages, size; };

std::mutex lock;
std::map<uint64_t, Allocation> all;
size_t total = 8ul << 30, used;

void protect(int p) {
	for (auto &a : all)
		if (mprotect(a.second.base, a.second.pages, p) != 0) abort();
}

} // namespace

Touch::Touch() {
	lock.lock();
	protect(PROT_READ | PROT_WRITE);
}

Touch::~Touch() {
	protect(PROT_NONE);
	lock.unlock();
}

Result allocate(uint64_t *p, size_t n) {
	std::lock_guard<std::mutex> held(lock);
	if (n == 0) return INVALID_VALUE;
	if (n > total - used) return OUT_OF_MEMORY;
	size_t pages = (n + PAGE - 1) / PAGE * PAGE;
	char *base = (char *)mmap(nullptr, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED) return OUT_OF_MEMORY;
	memset(base, 0xff, pages);
	mprotect(base, pages + PAGE, PROT_NONE);
	*p = (uint64_t)base + ((pages - n) & ~255ul); // aligned as the driver aligns
	all[*p] = Allocation{base, pages, n};
	used += n;
	return SUCCESS;
}

Result release(uint64_t p) {
	std::lock_guard<std::mutex> held(lock);
	auto a = all.find(p);
	if (a == all.end()) return INVALID_VALUE;
	munmap(a->second.base, a->second.pages + PAGE);
	used -= a->second.size;
	all.erase(a);
	return SUCCESS;
}

bool owned(uint64_t p, size_t n) {
	auto a = all.upper_bound(p);
	if (a == all.begin()) return false;
	--a;
	return p + n <= a->first + a->second.size;
}

void set_memory(size_t n) { total = n; }
size_t memory_total() { return total; }
size_t memory_used() { return used; }
