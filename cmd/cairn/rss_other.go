//go:build !linux && !darwin

package main

// maxRSS is unknown here.
func maxRSS() float64 { return 0 }
