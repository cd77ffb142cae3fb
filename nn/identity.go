package nn

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"

	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/layer"
)

// arithmetic is raised by whatever changes a bit of what some model computes and
// is neither in its declaration nor in its plan: a kernel that sums in another
// order. The test of features' bits in package backbones notices.
const arithmetic = 1

// Identity identifies what a model computes, to the bit: two models of the same
// identity return the same bits for the same input. It is the SHA-256, in
// hexadecimal, of the layers with all settings, the weights, the steps of the plan
// and the kind of inner loops. All instruction sets with fused multiply-add are of
// one kind, which gives the same bits; plain Go is of others, as the
// compiler fuses or not, and so is each generation of GPUs.
func (m *Model) Identity() string { return m.identity }

func (m *Model) identify(ordered []*layer.Layer) string {
	h := sha256.New()
	fmt.Fprintf(h, "arithmetic %d %s\nweights %s\n", arithmetic, m.family(), m.fingerprint)
	number := map[*layer.Layer]int{}
	for i, l := range ordered {
		number[l] = i
	}
	for _, l := range ordered {
		fmt.Fprintf(h, "%q %s %+v", l.Name, l.Op.Class(), l.Op)
		for _, in := range l.In {
			fmt.Fprintf(h, " %d", number[in])
		}
		fmt.Fprintf(h, " %v\n", l.Shape)
	}
	for _, s := range m.plan.Steps {
		fmt.Fprintf(h, "%s %q\n", s.Op.Algorithm(), s.Layers)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// family names implementations that give the same bits.
func (m *Model) family() string {
	if m.device != nil {
		return m.Kernel() + " " + m.device.Capability()
	}
	switch i := m.team.Implementation(); i {
	case kernel.AVX2, kernel.AVX512:
		return "fused"
	default:
		if multiplyAdd(1+1.0/4096, 1+1.0/4096, -1-1.0/2048) != 0 {
			return i.String() + " " + runtime.GOARCH + ", fused by the compiler"
		}
		return i.String() + " " + runtime.GOARCH
	}
}

// multiplyAdd rounds once or twice, as the compiler does for this machine.
//
//go:noinline
func multiplyAdd(x, y, z float32) float32 { return x*y + z }
