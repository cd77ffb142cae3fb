package kernel

import "fmt"

// Implementation is a set of inner loops, one for each instruction set.
type Implementation uint8

// The implementations.
const (
	Auto   Implementation = iota // the best that this CPU has
	Go                           // plain Go
	AVX2                         // x86-64 with AVX2 and FMA
	AVX512                       // x86-64 with AVX-512 F, BW, DQ and VL too; the bits are those of AVX2
)

// Resolve returns the best implementation for Auto, else i itself. One that this
// CPU or build lacks is an error.
func (i Implementation) Resolve() (Implementation, error) {
	if i == Auto {
		i = best()
	}
	return i, supported(i)
}

var implementationNames = [...]string{Auto: "auto", Go: "go", AVX2: "avx2", AVX512: "avx512"}

// String returns the name: auto, go, avx2 or avx512.
func (i Implementation) String() string {
	if int(i) < len(implementationNames) {
		return implementationNames[i]
	}
	return fmt.Sprintf("Implementation(%d)", i)
}
