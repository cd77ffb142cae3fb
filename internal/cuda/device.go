//go:build (cuda || gpu) && cgo && linux

package cuda

// #include <cuda.h>
//
// typedef struct { CUresult code; void *value; } answer;
//
// static answer host_alloc(size_t n) {
// 	answer a = {0, NULL};
// 	a.code = cuMemHostAlloc(&a.value, n, 0);
// 	return a;
// }
// static CUresult begin_capture(void *stream) {
// 	return cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
// }
// static answer end_capture(void *stream) {
// 	answer a = {0, NULL};
// 	CUgraph graph = NULL;
// 	a.code = cuStreamEndCapture(stream, &graph);
// 	if (a.code == 0) {
// 		CUgraphExec ready = NULL;
// 		a.code = cuGraphInstantiateWithFlags(&ready, graph, 0);
// 		a.value = ready;
// 		cuGraphDestroy(graph);
// 	}
// 	return a;
// }
// static CUresult graph_launch(void *graph, void *stream) { return cuGraphLaunch(graph, stream); }
// static CUresult graph_drop(void *graph) { return cuGraphExecDestroy(graph); }
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// device is a driver of one GPU by gorgonia.org/cu. What that lacks is C above:
// pinned memory, and graphs of recorded launches.
type device struct {
	index     int
	device    cu.Device
	context   cu.CUContext // the primary one, which models share
	stream    cu.Stream
	modules   []cu.Module
	functions []cu.Function
}

func openDevice(index int) (_ driver, err error) {
	d := &device{index: index}
	if d.device, err = cu.GetDevice(index); err != nil {
		return nil, fmt.Errorf("device %d: %w", index, err)
	}
	if d.context, err = d.device.RetainPrimaryCtx(); err != nil {
		return nil, fmt.Errorf("device %d: context: %w", index, err)
	}
	if err = cu.SetCurrentContext(d.context); err == nil {
		d.stream, err = cu.MakeStream(cu.NonBlocking)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("device %d: stream: %w", index, err), d.device.ReleasePrimaryCtx())
	}
	return d, nil
}

func (d *device) info() (Info, error) {
	i := Info{Index: d.index}
	var errs [5]error
	i.Name, errs[0] = d.device.Name()
	i.Major, errs[1] = d.device.Attribute(cu.ComputeCapabilityMajor)
	i.Minor, errs[2] = d.device.Attribute(cu.ComputeCapabilityMinor)
	i.Cores, errs[3] = d.device.Attribute(cu.MultiprocessorCount)
	i.Free, i.Memory, errs[4] = cu.MemInfo()
	if err := errors.Join(errs[:]...); err != nil {
		return i, fmt.Errorf("device %d: %w", d.index, err)
	}
	return i, nil
}

func (d *device) alloc(bytes int64) (pointer, error) {
	p, err := cu.MemAlloc(bytes)
	if err != nil {
		free, total, _ := cu.MemInfo()
		return 0, fmt.Errorf("want %d MB of device memory, %d of %d are free: %w", bytes>>20, free>>20, total>>20, err)
	}
	return pointer(p), nil
}

func (d *device) free(p pointer) error { return cu.MemFree(cu.DevicePtr(p)) }

func (d *device) allocHost(bytes int) ([]byte, error) {
	a := C.host_alloc(C.size_t(bytes))
	if err := failure(a.code); err != nil {
		return nil, fmt.Errorf("%d bytes of pinned memory: %w", bytes, err)
	}
	return unsafe.Slice((*byte)(a.value), bytes), nil
}

func (d *device) freeHost(b []byte) error { return cu.MemFreeHost(unsafe.Pointer(unsafe.SliceData(b))) }

func (d *device) upload(dst pointer, src []byte) error {
	err := cu.MemcpyHtoDAsync(cu.DevicePtr(dst), unsafe.Pointer(unsafe.SliceData(src)), int64(len(src)), d.stream)
	if err != nil {
		return fmt.Errorf("copy of %d bytes to the device: %w", len(src), err)
	}
	return nil
}

func (d *device) download(dst []byte, src pointer) error {
	err := cu.MemcpyDtoHAsync(unsafe.Pointer(unsafe.SliceData(dst)), cu.DevicePtr(src), int64(len(dst)), d.stream)
	if err != nil {
		return fmt.Errorf("copy of %d bytes from the device: %w", len(dst), err)
	}
	return nil
}

func (d *device) load(ptx string) error {
	m, err := cu.LoadData(ptx)
	if err != nil {
		return fmt.Errorf("loading kernels: %w", err)
	}
	d.modules = append(d.modules, m)
	return nil
}

func (d *device) function(name string) (function, error) {
	for _, m := range d.modules {
		f, err := m.Function(name)
		if errors.Is(err, cu.NotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("kernel %s: %w", name, err)
		}
		d.functions = append(d.functions, f)
		return function(len(d.functions) - 1), nil
	}
	return 0, fmt.Errorf("no kernel %s", name)
}

func (d *device) launch(l launch) error {
	args := make([]unsafe.Pointer, len(l.args))
	for i := range args {
		args[i] = unsafe.Pointer(&l.args[i])
	}
	return d.functions[l.kernel].Launch(l.grid[0], l.grid[1], l.grid[2], l.threads, 1, 1, 0, d.stream, args)
}

// queue is the stream for the C above.
func (d *device) queue() unsafe.Pointer { return unsafe.Pointer(d.stream.C()) }

func (d *device) record(do func() error) (graph, error) {
	if err := failure(C.begin_capture(d.queue())); err != nil {
		if errors.Is(err, cu.NotFound) || errors.Is(err, cu.NotSupported) {
			return 0, errNoGraphs
		}
		return 0, fmt.Errorf("recording: %w", err)
	}
	err := do()
	a := C.end_capture(d.queue())
	recorded := graph(uintptr(a.value))
	switch code := failure(a.code); {
	case err != nil && code == nil:
		return 0, errors.Join(err, d.drop(recorded))
	case err != nil:
		return 0, err
	case errors.Is(code, cu.NotFound):
		return 0, errNoGraphs
	case code != nil:
		return 0, fmt.Errorf("recording: %w", code)
	}
	return recorded, nil
}

func (d *device) replay(g graph) error { return failure(C.graph_launch(address(g), d.queue())) }

func (d *device) drop(g graph) error { return failure(C.graph_drop(address(g))) }

// address is a graph as the C above takes it. It is no address of Go's.
func address(g graph) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&g)) }

// failure is the error of a call to the driver, as cu would return it.
func failure(code C.CUresult) error {
	if code == C.CUDA_SUCCESS {
		return nil
	}
	return like(cu.Success, int(code))
}

// like converts to a type of cu that has no exported name.
func like[T ~int](_ T, v int) T { return T(v) }

func (d *device) sync() error { return d.stream.Synchronize() }

func (d *device) close() error {
	var errs []error
	for _, m := range d.modules {
		errs = append(errs, m.Unload())
	}
	errs = append(errs, d.stream.Destroy(), d.device.ReleasePrimaryCtx())
	return errors.Join(errs...)
}
