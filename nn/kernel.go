package nn

import "github.com/cairnml/cairn/internal/kernel"

// Kernel chooses the inner loops that a model runs in.
type Kernel uint8

// The kernels. Asking for one that the CPU or the build lacks is an error.
const (
	Auto   = Kernel(kernel.Auto)   // the fastest that this CPU has
	Go     = Kernel(kernel.Go)     // plain Go
	AVX2   = Kernel(kernel.AVX2)   // x86-64 with AVX2 and FMA
	AVX512 = Kernel(kernel.AVX512) // x86-64 with AVX-512 F, BW, DQ and VL too; results have the same bits as with AVX2
)

// String returns the name: auto, go, avx2, avx512.
func (k Kernel) String() string { return kernel.Implementation(k).String() }
