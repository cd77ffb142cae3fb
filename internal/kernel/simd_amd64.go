//go:build !purego

package kernel

import (
	"fmt"

	"golang.org/x/sys/cpu"
)

//go:generate go run ./gen

// best is the fastest implementation that this CPU and system have.
func best() Implementation {
	switch x := &cpu.X86; {
	case !x.HasAVX2 || !x.HasFMA:
		return Go
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return AVX512
	}
	return AVX2
}

var needs = [...]string{Go: "plain Go alone", AVX2: "AVX2 and FMA", AVX512: "AVX-512 F, BW, DQ and VL"}

// supported says what an implementation lacks here.
func supported(i Implementation) error {
	if i == Auto || int(i) >= len(needs) {
		return fmt.Errorf("kernel: no implementation %v", i)
	}
	if i > best() {
		return fmt.Errorf("kernel: implementation %v: want a CPU and system with %s, got %s", i, needs[i], needs[best()])
	}
	return nil
}

// float32s in a register.
const (
	vector = 8  // of AVX2
	wide   = 16 // of AVX-512
)

// callWork is how many multiply-adds of vectors a call of assembly should do at
// most, since it can't be interrupted: 0.1 ms at one a nanosecond, which is slow.
const callWork = 100_000

// The flags that assembly takes, as in gen.
const (
	keepFlag = 1 << iota
	rectifyFlag
	clipFlag
	partialFlag // AVX-512: not all columns of a tile are there
)

// flags says what assembly does of an activation; all is false if something is
// left to do.
func (a Activation) flags() (flags int, all bool) {
	switch {
	case a.Kind == Linear:
		return 0, true
	case a.Kind == ReLU && a.Max > 0:
		return rectifyFlag | clipFlag, true
	case a.Kind == ReLU:
		return rectifyFlag, true
	}
	return 0, false
}

func (p *product) multiply(impl Implementation) {
	switch impl {
	case AVX512:
		p.multiplyAVX512()
	case AVX2:
		p.multiplyAVX2()
	default:
		p.multiplyGo()
	}
}

// wideChannels returns how many of n channels are for vectors of 16.
func wideChannels(impl Implementation, n int) int {
	if impl == AVX512 {
		return n / wide * wide
	}
	return 0
}
