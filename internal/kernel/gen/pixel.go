package main

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// table writes a table of 32 bytes, as much as a register has.
func (f *file) table(name string, b [32]byte) {
	f.WriteString("\n")
	for i := 0; i < len(b); i += 8 {
		fmt.Fprintf(f, "DATA %s<>+%d(SB)/8, $%#016x\n", name, i, binary.LittleEndian.Uint64(b[i:]))
	}
	fmt.Fprintf(f, "GLOBL %s<>(SB), RODATA|NOPTR, $32\n", name)
}

// lanes is a table of 16 bytes for each half of a register.
func (f *file) lanes(name string, lower, upper [16]byte) {
	f.table(name, [32]byte(append(lower[:], upper[:]...)))
}

// words is a table of pairs of 16-bit numbers, the same in each double word.
func (f *file) words(name string, low, high int) {
	var b [32]byte
	for i := 0; i < len(b); i += 4 {
		b[i], b[i+1], b[i+2], b[i+3] = byte(low), byte(low>>8), byte(high), byte(high>>8)
	}
	f.table(name, b)
}

// longs is a table of one 32-bit number.
func (f *file) longs(name string, v int) { f.words(name, v&0xffff, v>>16) }

// indices is a table of numbers of double words.
func (f *file) indices(name string, v [8]byte) {
	var b [32]byte
	for i, v := range v {
		b[4*i] = v
	}
	f.table(name, b)
}

// arguments writes the moves of arguments, which are 8 bytes each in the order of the
// declaration, into registers.
func (f *file) arguments(args ...string) {
	for i, a := range args {
		name, register, _ := strings.Cut(a, " ")
		f.op("MOVQ %s+%d(FP), %s", name, 8*i, register)
	}
}
