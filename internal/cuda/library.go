//go:build (cuda || gpu) && cgo && linux

package cuda

// #cgo LDFLAGS: -ldl -L${SRCDIR}/link
// int cairn_cuda_library(void);
// int cairn_cuda_init(void);
import "C"

import (
	"errors"
	"fmt"
)

//go:generate ../../tools/cuda/symbols.sh

// ready says whether the driver's library was found and initialized.
func ready() error {
	if C.cairn_cuda_library() == 0 {
		return errors.New("no driver: libcuda.so.1 was not found; it comes with NVIDIA's driver")
	}
	switch code := C.cairn_cuda_init(); code {
	case 0:
		return nil
	case 100:
		return errors.New("the driver finds no device")
	default:
		return fmt.Errorf("the driver does not start: error %d", int(code))
	}
}
