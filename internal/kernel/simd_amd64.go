//go:build !purego

package kernel

import (
	"fmt"

	"golang.org/x/sys/cpu"
)

//go:generate go run ./gen

// best is the fastest implementation that this CPU has.
func best() Implementation {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return AVX2
	}
	return Go
}

// supported says what an implementation lacks here.
func supported(i Implementation) error {
	switch {
	case i == Go, i == AVX2 && best() == AVX2:
		return nil
	case i == AVX2:
		return fmt.Errorf("kernel: implementation %v: want a CPU with AVX2 and FMA", i)
	}
	return fmt.Errorf("kernel: no implementation %v", i)
}

// The flags that assembly takes, as in gen.
const (
	keepFlag = 1 << iota
	rectifyFlag
	clipFlag
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
	if impl == AVX2 {
		p.multiplyAVX2()
	} else {
		p.multiplyGo()
	}
}
