//go:build !((cuda || gpu) && cgo && linux)

package cuda

// kernels is what the device runs, none here.
func kernels(Info, bool) []string { return nil }

func open(int) (driver, error) { return nil, ErrNoCUDA }

// Report says what devices this machine has.
func Report() (System, error) { return System{}, ErrNoCUDA }
