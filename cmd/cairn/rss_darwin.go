package main

import "syscall"

// maxRSS returns the largest resident memory of the process so far in bytes, or
// 0.
func maxRSS() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return float64(usage.Maxrss)
}
