package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

const (
	fieldBytes = 1 << 22 // of a field, without its fences
	fields     = 100
)

// fenced is memory in fields between pages that nobody may touch.
type fenced struct {
	all  []byte
	page int
	used int  // fields
	head bool // values lie behind the first fence instead of before the second one
}

func newFenced(t *testing.T) *fenced {
	page := syscall.Getpagesize()
	all, err := syscall.Mmap(-1, 0, fields*(fieldBytes+page)+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for i := range fields + 1 {
		if err := syscall.Mprotect(all[i*(fieldBytes+page):][:page], syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return &fenced{all: all, page: page}
}

// alloc returns n values in a field of their own. They are not zero.
func (f *fenced) alloc(n int) []float32 {
	const size = 4
	if n == 0 {
		return nil
	}
	if f.used == fields || n*size > fieldBytes {
		panic(fmt.Sprintf("want at most %d fields of %d bytes, got one of %d more", fields, fieldBytes, n*size))
	}
	at := f.used*(fieldBytes+f.page) + f.page
	if !f.head {
		at += fieldBytes - n*size
	}
	f.used++
	return unsafe.Slice((*float32)(unsafe.Pointer(&f.all[at])), n)
}

// TestKernelsStayInside runs every kernel with all that it reads and writes right
// before, and right behind, a page that nobody may touch. Values before a page
// are aligned to no more than their own size.
func TestKernelsStayInside(t *testing.T) {
	battery(t, func(t *testing.T, newTeam func(threads int) *Team) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		team, f := newTeam(1), newFenced(t)
		for _, f.head = range []bool{false, true} {
			for _, s := range everySpecimen() {
				rng := rand.New(rand.NewPCG(1, 2))
				m := memory{f.alloc, func() float32 { return float32(rng.IntN(9) - 4) }}
				f.used = 0
				stay(t, fmt.Sprintf("%s, head=%v", s.name, f.head), func() { s.run(m, team) })
			}
		}
	})
}

func stay(t *testing.T, name string, run func()) {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: %v", name, r)
		}
	}()
	run()
}

// TestFencesAreThere: the test above would see a wrong step.
func TestFencesAreThere(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	f := newFenced(t)
	for _, f.head = range []bool{false, true} {
		f.used = 0
		v := f.alloc(3)
		step := 3
		if f.head {
			step = -1
		}
		outside := (*float32)(unsafe.Add(unsafe.Pointer(&v[0]), 4*step))
		faulted := false
		func() {
			defer func() { faulted = recover() != nil }()
			*outside = 1
		}()
		if !faulted {
			t.Errorf("head=%v: want a fault, got none", f.head)
		}
	}
}
