//go:build !amd64 || purego

package kernel

func probe(_ Implementation, rounds int) (flops int) { return probeGo(rounds) }
