package kernel

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// cores returns the CPUs that this process may run on.
func cores() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("kernel: pin: reading the CPUs of this process: %w", err)
	}
	var all []int
	for cpu := 0; len(all) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}

// pinning is a thread that is tied to a CPU.
type pinning struct {
	tied   bool
	before unix.CPUSet
}

// pin ties the calling goroutine to its thread, and the thread to a CPU, until
// end. A thread whose goroutine ends before ends too, so that no other is tied.
func pin(cpu int) (p pinning) {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	// An error means that the CPU was taken away: the thread then runs anywhere.
	p.tied = unix.SchedGetaffinity(0, &p.before) == nil && unix.SchedSetaffinity(0, &set) == nil
	return p
}

func (p *pinning) end() {
	if p.tied {
		_ = unix.SchedSetaffinity(0, &p.before)
	}
	runtime.UnlockOSThread()
}
