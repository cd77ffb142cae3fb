//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/internal/cuda/fakedriver"
	"github.com/cairnml/cairn/nn"
)

// The driver's codes.
const (
	outOfMemory    = 2
	invalidPTX     = 218
	illegalAddress = 700
	launchFailed   = 719
)

// network is one that the CPU and the device run alike.
func network() *nn.Node {
	b := nn.NewBuilder()
	x := b.Input("in", 8, 8, 4)
	x = b.Conv2D("first", x, nn.Conv2D{Filters: 8, Kernel: 3, Activation: nn.ReLU})
	x = b.Conv2D("second", x, nn.Conv2D{Filters: 8, Kernel: 3})
	return b.GlobalAveragePooling2D("pool", x)
}

func compile(t *testing.T, c nn.Config) *nn.Model {
	t.Helper()
	m, err := nn.Compile(drawn{}, c, network())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func batch() *tensor.Dense {
	values := make([]float32, 2*8*8*4)
	for i := range values {
		values[i] = float32(i%7) - 3
	}
	return tensor.New(tensor.WithShape(2, 8, 8, 4), tensor.WithBacking(values))
}

// runs says what is wrong with a run, if anything.
func runs(ctx context.Context, m *nn.Model) error {
	_, err := m.Run(ctx, batch())
	return err
}

// wantWorks compiles another model and runs it.
func wantWorks(t *testing.T, c nn.Config) {
	t.Helper()
	m := compile(t, c)
	if err := runs(t.Context(), m); err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("want an error with %q, got none", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("want %q in: %v", part, err)
		}
	}
}

// wantNothingOpen fails where a device was not left as it was found.
func wantNothingOpen(t *testing.T) {
	t.Helper()
	if open := fakedriver.Opened(); open != (fakedriver.Open{}) {
		t.Errorf("want nothing open, got %+v", open)
	}
}

// TestWithoutDriver runs this test again in programs that find no driver, or one
// without a device: asking for a GPU is an error, and the CPU works.
func TestWithoutDriver(t *testing.T) {
	const variable = "CAIRN_TEST_WITHOUT"
	if want := os.Getenv(variable); want != "" {
		_, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0)}, network())
		wantError(t, err, "nn: cuda: ", want)
		_, err = cuda.Report()
		wantError(t, err, want)
		wantWorks(t, nn.Config{})
		return
	}
	if *real {
		t.Skip("needs the fake driver")
	}
	// The fake driver's folder comes first there.
	_, folders, _ := strings.Cut(os.Getenv("LD_LIBRARY_PATH"), ":")
	environment := append(os.Environ(), "LD_LIBRARY_PATH="+folders)
	for _, c := range []struct {
		want        string
		environment []string
	}{
		{"libcuda.so.1 was not found", environment},
		{"finds no device", append(os.Environ(), "FAKE_CUDA_NO_DEVICE=1")},
	} {
		again := exec.CommandContext(t.Context(), os.Args[0], "-real", "-test.run=^TestWithoutDriver$", "-test.v")
		again.Env = append(c.environment, variable+"="+c.want)
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c.want, err, out)
		}
	}
}

func TestDeviceOutOfRange(t *testing.T) {
	for _, device := range []nn.Device{nn.CUDA(1), nn.CUDA(-1), nn.CUDA(1 << 40)} {
		fake(t, fakedriver.Settings{})
		_, err := nn.Compile(drawn{}, nn.Config{Device: device}, network())
		wantError(t, err, "nn: cuda: device: want 0 to 0, got ")
		wantNothingOpen(t)
	}
}

func TestSecondDevice(t *testing.T) {
	fake(t, fakedriver.Settings{Devices: 2})
	system, err := cuda.Report()
	if err != nil {
		t.Fatal(err)
	}
	if len(system.Devices) != 2 || system.Devices[1].Name != "fake device 1" || system.Devices[1].Index != 1 {
		t.Errorf("want two devices, got %+v", system)
	}
	wantNothingOpen(t)
	wantWorks(t, nn.Config{Device: nn.CUDA(1)})
}

func TestCapabilities(t *testing.T) {
	fake(t, fakedriver.Settings{Major: 6})
	_, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0)}, network())
	wantError(t, err, "fake device 0: want compute capability 7.0 or above, got 6.0")
	fake(t, fakedriver.Settings{Major: 7})
	_, err = nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0), Precision: nn.TF32}, network())
	wantError(t, err, "has no TF32")
	wantNothingOpen(t)
}

// TestLoadFails lets each call of the driver that loading makes fail: the error says
// so, and everything is given back.
func TestLoadFails(t *testing.T) {
	for _, c := range []struct {
		function    string
		after, code int
		want        []string
	}{
		{"cuDevicePrimaryCtxRetain", 1, outOfMemory, []string{"device 0: context", "OutOfMemory"}},
		{"cuCtxSetCurrent", 1, outOfMemory, []string{"device 0"}},
		{"cuStreamCreate", 1, outOfMemory, []string{"stream", "OutOfMemory"}},
		{"cuModuleLoadData", 1, invalidPTX, []string{"loading kernels", "InvalidPtx"}},
		{"cuModuleGetFunction", 1, outOfMemory, []string{"first", "kernel conv_"}},
		{"cuMemAlloc", 1, outOfMemory, []string{"weights", "MB of device memory", "are free", "OutOfMemory"}},
		{"cuMemAlloc", 2, outOfMemory, []string{"batches of 32", "OutOfMemory"}},
		{"cuMemHostAlloc", 1, outOfMemory, []string{"pinned memory", "OutOfMemory"}},
		{"cuMemHostAlloc", 2, outOfMemory, []string{"pinned memory", "OutOfMemory"}},
		{"cuMemcpyHtoDAsync", 1, outOfMemory, []string{"copy of ", "OutOfMemory"}},
		{"cuMemcpyHtoDAsync", 2, illegalAddress, []string{"copy of ", "IllegalAddress"}},
		{"cuStreamSynchronize", 1, illegalAddress, []string{"copying the weights", "IllegalAddress"}},
	} {
		fake(t, fakedriver.Settings{})
		fakedriver.Fail(c.function, c.after, c.code)
		_, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0)}, network())
		wantError(t, err, append(c.want, "nn: cuda: ")...)
		wantNothingOpen(t)
		wantWorks(t, nn.Config{Device: nn.CUDA(0)})
	}
}

// TestLoadNeedsMemory loads what does not fit.
func TestLoadNeedsMemory(t *testing.T) {
	fake(t, fakedriver.Settings{Memory: 1 << 20})
	_, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0), Batch: 1000}, network())
	wantError(t, err, "batches of 1000: want 2 MB of device memory, 0 of 1 are free: OutOfMemory")
	wantNothingOpen(t)
	wantWorks(t, nn.Config{Device: nn.CUDA(0), Batch: 10})
}

// TestRunFails lets calls fail in the middle of a run: the model can't be used any
// more and has given everything back, other models work.
func TestRunFails(t *testing.T) {
	for _, c := range []struct {
		function    string
		after, code int
		noGraphs    bool
		want        []string
	}{
		{"cuMemcpyHtoDAsync", 1, outOfMemory, false, []string{"copy of 2048 bytes to the device", "OutOfMemory"}},
		{"cuStreamBeginCapture", 1, outOfMemory, false, []string{"recording", "OutOfMemory"}},
		{"cuGraphInstantiate", 1, outOfMemory, false, []string{"recording", "OutOfMemory"}},
		{"cuStreamEndCapture", 1, illegalAddress, false, []string{"recording", "IllegalAddress"}},
		{"cuGraphLaunch", 1, launchFailed, false, []string{"LaunchFailed"}},
		{"cuLaunchKernel", 2, launchFailed, false, []string{"second: conv_", "LaunchFailed"}},
		{"cuLaunchKernel", 2, illegalAddress, true, []string{"second: conv_", "IllegalAddress"}},
		{"cuMemcpyDtoHAsync", 1, illegalAddress, true, []string{"copy of 64 bytes from the device", "IllegalAddress"}},
		{"cuStreamSynchronize", 1, illegalAddress, false, []string{"running", "IllegalAddress"}},
	} {
		fake(t, fakedriver.Settings{NoGraphs: c.noGraphs})
		m := compile(t, nn.Config{Device: nn.CUDA(0)})
		fakedriver.Fail(c.function, c.after, c.code)
		wantError(t, runs(t.Context(), m), append(c.want, "nn: cuda: ")...)
		wantNothingOpen(t)
		wantError(t, runs(t.Context(), m), "can't be used any more since a run failed", c.want[len(c.want)-1])
		wantWorks(t, nn.Config{Device: nn.CUDA(0)})
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestClosedModel(t *testing.T) {
	fake(t, fakedriver.Settings{})
	m := compile(t, nn.Config{Device: nn.CUDA(0)})
	if err := runs(t.Context(), m); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	wantError(t, runs(t.Context(), m), "nn: model is closed")
	wantNothingOpen(t)
}

// ending is a context that ends when it was asked so many times.
type ending struct {
	context.Context
	asks int
}

func (e *ending) Err() error {
	if e.asks--; e.asks < 0 {
		return context.Canceled
	}
	return nil
}

// TestCancelledContext ends the context before a run, and between any two steps. The
// model goes on with the next run.
func TestCancelledContext(t *testing.T) {
	for _, noGraphs := range []bool{false, true} {
		fake(t, fakedriver.Settings{NoGraphs: noGraphs})
		m := compile(t, nn.Config{Device: nn.CUDA(0)})
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := runs(ended, m); !errors.Is(err, context.Canceled) {
			t.Errorf("want that the context ended, got %v", err)
		}
		for asks := range 4 {
			if err := runs(&ending{t.Context(), asks}, m); !errors.Is(err, context.Canceled) {
				t.Errorf("%d steps: want that the context ended, got %v", asks, err)
			}
		}
		if open := fakedriver.Opened(); open.Graphs != 0 {
			t.Errorf("want no graphs of runs that ended, got %d", open.Graphs)
		}
		if err := runs(t.Context(), m); err != nil {
			t.Error(err)
		}
		m.Close()
		wantNothingOpen(t)
	}
}
