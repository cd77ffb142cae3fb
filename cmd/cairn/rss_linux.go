package main

import (
	"os"
	"strconv"
	"strings"
)

// maxRSS returns the largest resident memory of the process so far in bytes, or
// 0. It is not that of getrusage, which counts the program that started this one
// too.
func maxRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kB, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				return 0
			}
			return kB * 1024
		}
	}
	return 0
}
