//go:build linux || darwin

package main

import (
	"runtime"
	"syscall"
)

// maxRSS returns the largest resident memory of the process so far in bytes.
func maxRSS() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "linux" {
		return float64(usage.Maxrss) * 1024
	}
	return float64(usage.Maxrss)
}
