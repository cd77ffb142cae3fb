//go:build !linux

package kernel

import (
	"fmt"
	"runtime"
)

func cores() ([]int, error) {
	return nil, fmt.Errorf("kernel: pin: want linux, got %s", runtime.GOOS)
}

type pinning struct{}

func pin(int) pinning { return pinning{} }

func (*pinning) end() {}
