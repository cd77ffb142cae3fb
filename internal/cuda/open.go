//go:build (cuda || gpu) && cgo && linux

package cuda

import (
	"context"
	_ "embed"
	"fmt"

	"gorgonia.org/cu"
)

//go:generate ../../tools/cuda/ptx.sh

// The kernels as PTX, which the driver compiles for its device.
var (
	//go:embed kernels/fp32_sm_70.ptx
	fp32sm70 string
	//go:embed kernels/fp32_sm_80.ptx
	fp32sm80 string
	//go:embed kernels/tf32_sm_80.ptx
	tf32sm80 string
)

// kernels returns the modules that a device needs.
func kernels(i Info, tf32 bool) []string {
	switch {
	case !i.TF32():
		return []string{fp32sm70}
	case tf32:
		return []string{fp32sm80, tf32sm80}
	}
	return []string{fp32sm80}
}

// open opens a device by its index.
func open(index int) (driver, error) {
	if err := ready(); err != nil {
		return nil, err
	}
	n, err := cu.NumDevices()
	switch {
	case err != nil:
		return nil, fmt.Errorf("counting devices: %w", err)
	case n == 0:
		return nil, fmt.Errorf("the driver finds no device")
	case index < 0 || index >= n:
		return nil, fmt.Errorf("device: want 0 to %d, got %d", n-1, index)
	}
	return openDevice(index)
}

// Report says what devices this machine has.
func Report() (System, error) {
	if err := ready(); err != nil {
		return System{}, err
	}
	n, err := cu.NumDevices()
	if err != nil {
		return System{}, fmt.Errorf("counting devices: %w", err)
	}
	s := System{Driver: cu.Version()}
	for i := range n {
		info, err := describe(i)
		if err != nil {
			return s, err
		}
		s.Devices = append(s.Devices, info)
	}
	return s, nil
}

func describe(index int) (info Info, err error) {
	w := newWorker()
	defer w.end()
	err = w.do(context.Background(), func() error {
		d, err := openDevice(index)
		if err != nil {
			return err
		}
		defer d.close()
		info, err = d.info()
		return err
	})
	return info, err
}
