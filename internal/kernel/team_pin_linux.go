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

// pin ties the calling goroutine to a thread, and the thread to a CPU. The thread
// ends with the goroutine, so that no other is tied.
func pin(cpu int) {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	_ = unix.SchedSetaffinity(0, &set) // a CPU that was taken away since: run anywhere
}
