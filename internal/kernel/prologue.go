package kernel

import (
	"fmt"
	"slices"
)

// Prologue is what a kernel does to every value x that it reads from src:
// act(Scale[c]·x + Shift[c]) for channel c of src. The zeros of a padding stay
// zeros.
type Prologue struct {
	Scale, Shift []float32
	Activation   Activation
}

// checkPrologue panics unless p is nil or for that many channels.
func checkPrologue(kernel string, p *Prologue, channels int) {
	if p != nil && (len(p.Scale) != channels || len(p.Shift) != channels) {
		panic(fmt.Sprintf("kernel: %s: want %d scales and shifts, got %d and %d", kernel, channels, len(p.Scale), len(p.Shift)))
	}
}

func (p *Prologue) clone() *Prologue {
	if p == nil {
		return nil
	}
	return &Prologue{slices.Clone(p.Scale), slices.Clone(p.Shift), p.Activation}
}

// from returns the prologue of the channels from c on, none being one without
// Scale.
func (p Prologue) from(c int) Prologue {
	if p.Scale != nil {
		p.Scale, p.Shift = p.Scale[c:], p.Shift[c:]
	}
	return p
}

// orNone returns what p points to, or the prologue that does nothing.
func (p *Prologue) orNone() Prologue {
	if p == nil {
		return Prologue{}
	}
	return *p
}
