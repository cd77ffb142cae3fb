package cuda

import "errors"

// ErrNoCUDA is the error of a device asked for in a program that was built
// without it.
var ErrNoCUDA = errors.New("built without CUDA: want the tag gpu (or cuda) and cgo")

// Info describes a device.
type Info struct {
	Index        int
	Name         string
	Major, Minor int   // compute capability
	Cores        int   // multiprocessors
	Memory       int64 // bytes
	Free         int64 // bytes of it that nobody uses
}

// TF32 says whether the device's tensor cores know that format.
func (i Info) TF32() bool { return i.Major >= 8 }

// System is what Report finds on this machine.
type System struct {
	Driver  int // version of CUDA that the driver knows, such as 12090 for 12.9
	Devices []Info
}

type (
	pointer  uint64 // a device address
	function int    // a kernel of a module that was loaded
	graph    uintptr
)

// launch is a kernel's launch: a grid of blocks of threads. Kernels take args, of
// 8 bytes each.
type launch struct {
	kernel  function
	grid    [3]int
	threads int
	args    [4]uint64
}

// driver is what this package needs of one device: its memory, one queue of
// work, and kernels. All calls must come from one goroutine that is locked to its
// thread. Work that was queued begins in order; sync waits for all of it.
type driver interface {
	info() (Info, error)
	alloc(bytes int64) (pointer, error)
	free(p pointer) error
	// allocHost returns memory of this machine that copies are fast from.
	allocHost(bytes int) ([]byte, error)
	freeHost(b []byte) error
	upload(dst pointer, src []byte) error   // queued; src must stay as it is until sync
	download(dst []byte, src pointer) error // queued
	load(ptx string) error                  // a module
	function(name string) (function, error) // of the modules loaded
	launch(l launch) error                  // queued
	// record turns the launches of do into a graph instead of running them. It is
	// errNoGraphs where the driver has none.
	record(do func() error) (graph, error)
	replay(g graph) error // queued
	drop(g graph) error
	sync() error
	close() error // with its modules; memory must have been freed
}

// errNoGraphs is the error of record with an old driver.
var errNoGraphs = errors.New("the driver can't record launches")
