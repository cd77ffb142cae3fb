package nn

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/internal/plan"
)

// Device is where a model runs. The zero value is the CPU.
type Device struct{ gpu int } // index + 1; 0 = CPU

// CUDA is an NVIDIA GPU by its index, from 0. Models run on it in programs built
// with the tag gpu (or cuda) and cgo, on Linux; in others Compile returns
// ErrNoCUDA.
func CUDA(index int) Device {
	if index < 0 {
		return Device{-1} // no device; Compile says so
	}
	return Device{index + 1}
}

// String returns cpu, or cuda:0 and so on.
func (d Device) String() string {
	if d.gpu == 0 {
		return "cpu"
	}
	return fmt.Sprintf("cuda:%d", d.index())
}

func (d Device) index() int {
	if d.gpu < 0 {
		return -1
	}
	return d.gpu - 1
}

// Precision is in what format a GPU multiplies. The CPU knows Float32 alone.
type Precision uint8

// The precisions.
const (
	Float32 Precision = iota
	// TF32 rounds the factors of convolutions and dense layers to 10 bits of
	// fraction, for tensor cores: compute capability 8.0 or above. Errors grow to
	// about 1e-3 of the features' rms.
	TF32
)

// String returns float32 or tf32.
func (p Precision) String() string {
	if int(p) < len(precisions) {
		return precisions[p]
	}
	return fmt.Sprintf("Precision(%d)", p)
}

var precisions = [...]string{"float32", "tf32"}

// ErrNoCUDA is the error of Compile for a GPU in a program that was built
// without the tag gpu.
var ErrNoCUDA = cuda.ErrNoCUDA

func (c Config) checkDevice() error {
	switch {
	case int(c.Precision) >= len(precisions):
		return fmt.Errorf("nn: precision: want Float32 or TF32, got %v", c.Precision)
	case c.Precision != Float32 && c.Device == Device{}:
		return fmt.Errorf("nn: precision %v: want a GPU for it, got the CPU", c.Precision)
	case c.PixelBytes < 0 || c.PixelBytes > 0 && c.Device == Device{}:
		return fmt.Errorf("nn: photos of %d bytes: want 0 or, on a GPU, above", c.PixelBytes)
	case c.Kernel != Auto && c.Device != Device{}:
		return fmt.Errorf("nn: kernel %v: want Auto for a GPU", c.Kernel)
	}
	return nil
}

// toDevice puts the plan with its weights on the GPU.
func (m *Model) toDevice(read *reader) error {
	var err error
	m.device, err = cuda.Compile(m.plan, read.read, cuda.Config{
		Device: m.config.Device.index(), Batch: m.config.Batch, TF32: m.config.Precision == TF32, Pixels: m.config.PixelBytes,
	})
	if err != nil {
		return fmt.Errorf("nn: %w", err)
	}
	return nil
}

// floats returns the values of results.
func floats(results []*tensor.Dense) [][]float32 {
	values := make([][]float32, len(results))
	for i, r := range results {
		values[i] = r.Float32s()
	}
	return values
}

// deviceError is the error of a run on a GPU that failed.
func deviceError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("nn: %w", err)
}

// without returns the rewrites that are not made for a device: Winograd's
// algorithm is one of the CPU's kernels.
func (d Device) without(without plan.Rewrite) plan.Rewrite {
	if d == (Device{}) {
		return without
	}
	return without | plan.Winograd
}
