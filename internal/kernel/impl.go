package kernel

import "fmt"

// Implementation is a set of inner loops, one for each instruction set.
type Implementation uint8

// The implementations.
const (
	Auto Implementation = iota // the best that this CPU has
	Go                         // plain Go
	AVX2                       // x86-64 with AVX2 and FMA
)

var implementationNames = [...]string{Auto: "auto", Go: "go", AVX2: "avx2"}

// String returns the name: auto, go or avx2.
func (i Implementation) String() string {
	if int(i) < len(implementationNames) {
		return implementationNames[i]
	}
	return fmt.Sprintf("Implementation(%d)", i)
}
