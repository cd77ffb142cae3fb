package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// lock waits until no other process, and nobody else in this one, holds the lock
// file of that name; wait is called if it is held. The file stays: it could not
// be removed without a race. The system frees the lock of a process that dies.
func lock(ctx context.Context, name string, wait func()) (unlock func(), err error) {
	const interval = 100 * time.Millisecond
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		free, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
		}
		if free {
			return func() { _ = f.Close() }, nil
		}
		if first {
			wait()
		}
		if err := sleep(ctx, interval); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
}
