//go:build (cuda || gpu) && cgo && linux

package fakedriver

// #cgo LDFLAGS: -ldl
// #define _GNU_SOURCE
// #include <dlfcn.h>
// #include <stdlib.h>
//
// static void *find(const char *name) { return dlsym(RTLD_DEFAULT, name); }
// static void read(void *f, long *to) { ((void (*)(long *))f)(to); }
// static void fail(void *f, const char *name, int after, int code) {
// 	((void (*)(const char *, int, int))f)(name, after, code);
// }
// static void set(void *f, int order, int devices, int major, int cores, int graphs, long memory) {
// 	((void (*)(int, int, int, int, int, long))f)(order, devices, major, cores, graphs, memory);
// }
import "C"

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"
)

// Counters count since the program started.
type Counters struct {
	Launches, Graphs      int // of kernels one by one, and of recorded graphs
	Uploads, Uploaded     int // copies to the device, and their bytes
	Downloads, Downloaded int
	Allocations, Frees    int // of device memory
	Pinned                int // allocations of pinned memory
}

// Sub returns what was counted since before.
func (c Counters) Sub(before Counters) Counters {
	return Counters{
		c.Launches - before.Launches, c.Graphs - before.Graphs, c.Uploads - before.Uploads, c.Uploaded - before.Uploaded,
		c.Downloads - before.Downloads, c.Downloaded - before.Downloaded, c.Allocations - before.Allocations, c.Frees - before.Frees,
		c.Pinned - before.Pinned,
	}
}

// Open is what was opened and not closed.
type Open struct{ Contexts, Modules, Streams, Graphs, Pinned, Bytes int }

// Order is in what order blocks and threads run.
type Order int

// The orders. Shuffled concerns blocks alone.
const (
	Forward Order = iota
	Reversed
	Shuffled
)

// Settings are what the fake device is like. The zero value is one device of
// compute capability 9.0 with 4 multiprocessors and 8 GB.
type Settings struct {
	Order    Order
	Devices  int
	Major    int  // of the compute capability
	Cores    int  // multiprocessors
	Memory   int  // bytes
	NoGraphs bool // the driver can't record launches
}

// Set changes the device, and forgets failures.
func Set(s Settings) {
	if s.Devices == 0 {
		s.Devices = 1
	}
	if s.Major == 0 {
		s.Major = 9
	}
	if s.Cores == 0 {
		s.Cores = 4
	}
	if s.Memory == 0 {
		s.Memory = 8 << 30
	}
	graphs := C.int(1)
	if s.NoGraphs {
		graphs = 0
	}
	C.set(symbol("fake_set"), C.int(s.Order), C.int(s.Devices), C.int(s.Major), C.int(s.Cores), graphs, C.long(s.Memory))
}

// Fail lets call number after, from 1, of a function of the driver fail with a
// code. Codes of failed kernels stay, as on hardware, until the context ends.
func Fail(function string, after, code int) {
	name := C.CString(function)
	defer C.free(unsafe.Pointer(name))
	C.fail(symbol("fake_fail"), name, C.int(after), C.int(code))
}

// Count returns what was counted.
func Count() Counters {
	var c [9]C.long
	C.read(symbol("fake_counters"), &c[0])
	return Counters{int(c[0]), int(c[1]), int(c[2]), int(c[3]), int(c[4]), int(c[5]), int(c[6]), int(c[7]), int(c[8])}
}

// Opened returns what is open.
func Opened() Open {
	var c [6]C.long
	C.read(symbol("fake_open"), &c[0])
	return Open{int(c[0]), int(c[1]), int(c[2]), int(c[3]), int(c[4]), int(c[5])}
}

// Loaded says whether the program runs on the fake driver.
func Loaded() bool {
	name := C.CString("fake_set")
	defer C.free(unsafe.Pointer(name))
	return C.find(name) != nil
}

func symbol(s string) unsafe.Pointer {
	name := C.CString(s)
	defer C.free(unsafe.Pointer(name))
	f := C.find(name)
	if f == nil {
		panic("fakedriver: not loaded: want Restart before")
	}
	return f
}

// Build builds the driver into a folder, unless there is one of this machine's
// newer than its sources.
func Build(folder string) error {
	_, file, _, _ := runtime.Caller(0)
	out, err := exec.Command(filepath.Join(filepath.Dir(file), "build.sh"), folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fakedriver: %w\n%s", err, out)
	}
	return nil
}

// Restart runs this test program again with the driver built and first among
// libraries, and returns its exit status. It does so once: in the program that it
// runs, done is false.
func Restart() (status int, done bool, err error) {
	const folderVariable = "LD_LIBRARY_PATH"
	if Loaded() {
		return 0, false, nil
	}
	folder := os.Getenv("CAIRN_FAKE_CUDA")
	if folder == "" {
		if folder, err = os.MkdirTemp("", "fakecuda"); err != nil {
			return 1, true, fmt.Errorf("fakedriver: %w", err)
		}
		defer os.RemoveAll(folder)
		if err := Build(folder); err != nil {
			return 1, true, err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return 1, true, fmt.Errorf("fakedriver: %w", err)
	}
	again := exec.Command(program, os.Args[1:]...)
	again.Env = append(os.Environ(), folderVariable+"="+strings.Trim(folder+":"+os.Getenv(folderVariable), ":"))
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := again.Run(); err != nil {
		return max(1, again.ProcessState.ExitCode()), true, nil
	}
	return 0, true, nil
}
