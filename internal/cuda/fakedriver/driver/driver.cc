// The driver's functions, as far as the library calls them. Tests steer them by the
// functions at the end.
#include "fake.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <regex>

namespace {

std::recursive_mutex lock; // calls come from the threads of several models
long counters[9];
enum { LAUNCHES, GRAPHS, UPLOADS, UPLOADED, DOWNLOADS, DOWNLOADED, ALLOCATIONS, FREES, PINNED };

std::map<std::string, std::pair<int, int>> faults; // function: calls until it fails, and how
int sticky;                                        // a kernel's failure, which ends everything
int devices = 1, major = 9, cores = 4;
bool can_record = true;
long contexts, modules, streams, graphs, pinned; // open

// call says how a call of a function must fail, or 0.
int call(const char *name) {
	if (sticky) return sticky;
	auto f = faults.find(name);
	if (f == faults.end() || --f->second.first > 0) return SUCCESS;
	int code = f->second.second;
	faults.erase(f);
	if (code >= ILLEGAL_ADDRESS && code <= LAUNCH_FAILED && code != OUT_OF_RESOURCES) sticky = code;
	return code;
}

#define CALL(name) \
	std::lock_guard<std::recursive_mutex> held(lock); \
	if (int code = call(name)) return code

struct Module { std::string ptx; };
struct Function { const Kernel *kernel; };
struct Launch { const Kernel *kernel; Grid grid; uint64_t args[4]; };
struct Stream { bool recording; std::vector<Launch> recorded; };
struct Graph { std::vector<Launch> launches; };

// parameter_sizes lists the bytes of a kernel's parameters in PTX, none if it has no such
// kernel.
std::vector<int> parameter_sizes(const std::string &ptx, const std::string &name) {
	std::vector<int> sizes;
	size_t from = ptx.find(".entry " + name + "(");
	if (from == std::string::npos) return sizes;
	std::string head = ptx.substr(from, ptx.find(')', from + 8 + name.size()) - from);
	std::regex parameter("\\.param \\.[a-z]+([0-9]+) ");
	for (std::sregex_iterator i(head.begin(), head.end(), parameter), end; i != end; ++i) sizes.push_back(std::stoi((*i)[1]) / 8);
	return sizes;
}

int run(Launch &l) {
	if (!owned(l.args[0], l.kernel->params) || !owned(l.args[2], 1) || !owned(l.args[3], 1)) return ILLEGAL_ADDRESS;
	return run_grid(*l.kernel, l.grid, l.args) ? SUCCESS : LAUNCH_FAILED;
}

} // namespace

extern "C" {

int cuInit(unsigned) {
	if (getenv("FAKE_CUDA_NO_DEVICE")) devices = 0;
	return devices ? SUCCESS : NO_DEVICE;
}
int cuDriverGetVersion(int *v) { *v = 12090; return SUCCESS; }
int cuDeviceGetCount(int *n) { CALL("cuDeviceGetCount"); *n = devices; return SUCCESS; }
int cuDeviceGet(int *d, int i) {
	CALL("cuDeviceGet");
	if (i < 0 || i >= devices) return INVALID_DEVICE;
	*d = i;
	return SUCCESS;
}
int cuDeviceGetName(char *s, int n, int d) { snprintf(s, n, "fake device %d", d); return SUCCESS; }
int cuDeviceGetAttribute(int *v, int attribute, int) {
	switch (attribute) {
	case 16: *v = cores; return SUCCESS; // multiprocessors
	case 75: *v = major; return SUCCESS;
	case 76: *v = 0; return SUCCESS;
	}
	return INVALID_VALUE;
}
int cuDeviceTotalMem_v2(size_t *n, int) { *n = memory_total(); return SUCCESS; }
int cuDevicePrimaryCtxRetain(void **c, int d) { CALL("cuDevicePrimaryCtxRetain"); contexts++; *c = (void *)(uintptr_t)(d + 1); return SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(int) {
	std::lock_guard<std::recursive_mutex> held(lock);
	if (--contexts == 0) sticky = 0;
	return SUCCESS;
}
static thread_local void *context;
int cuCtxSetCurrent(void *c) { CALL("cuCtxSetCurrent"); context = c; return SUCCESS; }
int cuMemGetInfo_v2(size_t *free, size_t *total) { CALL("cuMemGetInfo"); *total = memory_total(); *free = *total - memory_used(); return SUCCESS; }

int cuMemAlloc_v2(uint64_t *p, size_t n) {
	CALL("cuMemAlloc");
	if (!context) return INVALID_CONTEXT;
	counters[ALLOCATIONS]++;
	return allocate(p, n);
}
int cuMemFree_v2(uint64_t p) { std::lock_guard<std::recursive_mutex> held(lock); counters[FREES]++; return release(p); }
int cuMemHostAlloc(void **p, size_t n, unsigned) {
	CALL("cuMemHostAlloc");
	if (!context) return INVALID_CONTEXT;
	*p = malloc(n);
	pinned++;
	counters[PINNED]++;
	return SUCCESS;
}
int cuMemFreeHost(void *p) { std::lock_guard<std::recursive_mutex> held(lock); free(p); pinned--; return SUCCESS; }

int cuStreamCreate(void **s, unsigned) { CALL("cuStreamCreate"); streams++; *s = new Stream(); return SUCCESS; }
int cuStreamDestroy_v2(void *s) { std::lock_guard<std::recursive_mutex> held(lock); streams--; delete (Stream *)s; return SUCCESS; }
int cuStreamSynchronize(void *) { CALL("cuStreamSynchronize"); return SUCCESS; }

int cuMemcpyHtoDAsync_v2(uint64_t d, const void *s, size_t n, void *stream) {
	CALL("cuMemcpyHtoDAsync");
	if (!stream || ((Stream *)stream)->recording) return INVALID_HANDLE;
	counters[UPLOADS]++;
	counters[UPLOADED] += n;
	Touch open;
	if (!owned(d, n)) return INVALID_VALUE;
	memcpy((void *)d, s, n);
	return SUCCESS;
}
int cuMemcpyDtoHAsync_v2(void *d, uint64_t s, size_t n, void *stream) {
	CALL("cuMemcpyDtoHAsync");
	if (!stream || ((Stream *)stream)->recording) return INVALID_HANDLE;
	counters[DOWNLOADS]++;
	counters[DOWNLOADED] += n;
	Touch open;
	if (!owned(s, n)) return INVALID_VALUE;
	memcpy(d, (void *)s, n);
	return SUCCESS;
}

int cuModuleLoadData(void **m, const void *image) {
	CALL("cuModuleLoadData");
	std::string ptx((const char *)image);
	std::smatch target;
	static const std::regex pattern("\\.target sm_([0-9]+)");
	std::string head = ptx.substr(0, 2000);
	if (ptx.find(".version") == std::string::npos || !std::regex_search(head, target, pattern)) return INVALID_PTX;
	if (std::stoi(target[1]) > major * 10) return NO_BINARY;
	modules++;
	*m = new Module{ptx};
	return SUCCESS;
}
int cuModuleUnload(void *m) { std::lock_guard<std::recursive_mutex> held(lock); modules--; delete (Module *)m; return SUCCESS; }
int cuModuleGetFunction(void **f, void *m, const char *name) {
	CALL("cuModuleGetFunction");
	std::vector<int> sizes = parameter_sizes(((Module *)m)->ptx, name);
	if (sizes.empty()) return NOT_FOUND;
	auto k = kernels().find(name);
	if (k == kernels().end()) return NOT_FOUND;
	if (sizes != std::vector<int>{8, 8, 8, 8}) {
		fprintf(stderr, "fake driver: %s: parameters in PTX are not those of the source\n", name);
		return INVALID_VALUE;
	}
	*f = new Function{&k->second};
	return SUCCESS;
}

int cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned, void *stream, void **p, void **) {
	CALL("cuLaunchKernel");
	const Kernel *k = ((Function *)f)->kernel;
	if (!stream || !gx || !gy || !gz || gy > 65535 || gz > 65535 || by != 1 || bz != 1) return INVALID_VALUE;
	if (bx != (unsigned)k->threads) return OUT_OF_RESOURCES;
	Launch l = {k, {gx, gy, gz, bx}, {}};
	for (int i = 0; i < 4; i++) memcpy(&l.args[i], p[i], 8);
	Stream *s = (Stream *)stream;
	if (s->recording) {
		s->recorded.push_back(l);
		return SUCCESS;
	}
	counters[LAUNCHES]++;
	Touch open;
	int code = run(l);
	if (code) sticky = code;
	return code;
}

int cuStreamBeginCapture_v2(void *s, int) {
	CALL("cuStreamBeginCapture");
	if (!can_record) return NOT_SUPPORTED;
	((Stream *)s)->recording = true;
	return SUCCESS;
}
int cuStreamEndCapture(void *s, void **g) {
	CALL("cuStreamEndCapture");
	Stream *stream = (Stream *)s;
	*g = new Graph{stream->recorded};
	stream->recording = false;
	stream->recorded.clear();
	return SUCCESS;
}
int cuGraphInstantiateWithFlags(void **ready, void *g, unsigned long long) {
	CALL("cuGraphInstantiate");
	graphs++;
	*ready = new Graph(*(Graph *)g);
	return SUCCESS;
}
int cuGraphLaunch(void *g, void *) {
	CALL("cuGraphLaunch");
	counters[GRAPHS]++;
	Touch open;
	for (Launch &l : ((Graph *)g)->launches) {
		if (int code = run(l)) return sticky = code;
	}
	return SUCCESS;
}
int cuGraphExecDestroy(void *g) { std::lock_guard<std::recursive_mutex> held(lock); graphs--; delete (Graph *)g; return SUCCESS; }
int cuGraphDestroy(void *g) { delete (Graph *)g; return SUCCESS; }

// For tests.

void fake_counters(long *to) { memcpy(to, counters, sizeof counters); }
void fake_open(long *to) {
	long now[] = {contexts, modules, streams, graphs, pinned, (long)memory_used()};
	memcpy(to, now, sizeof now);
}
void fake_fail(const char *name, int after, int code) { faults[name] = {after, code}; }
void fake_set(int order, int devices_, int major_, int cores_, int graphs, long memory) {
	std::lock_guard<std::recursive_mutex> held(lock);
	sticky = 0;
	faults.clear();
	set_order(order);
	devices = devices_;
	major = major_;
	cores = cores_;
	can_record = graphs;
	set_memory(memory);
}
}
