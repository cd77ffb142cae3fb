package pixel

import "github.com/cairnml/cairn/internal/kernel"

// Loops are the loops in one implementation. The zero value is plain Go.
type Loops struct{ avx2 bool }

// New returns the loops in the given implementation; AVX-512 are those of AVX2.
// An implementation that this CPU or build lacks is an error.
func New(i kernel.Implementation) (Loops, error) {
	i, err := i.Resolve()
	return Loops{avx2: i >= kernel.AVX2}, err
}

// Best returns the fastest loops that this CPU and build have.
func Best() Loops {
	l, _ := New(kernel.Auto)
	return l
}

// callWork is how many vectors a call of assembly should handle at most, since it
// can't be interrupted: about 0.05 ms.
const callWork = 20_000
