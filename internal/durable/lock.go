package durable

import (
	"context"
	"errors"
	"os"
	"time"
)

// errLocked is what tryLock returns while another holds the lock.
var errLocked = errors.New("locked")

// lockRetry is how often Lock looks again.
const lockRetry = 2 * time.Millisecond

// Lock takes the lock that the file of that name stands for, made if missing:
// one holder at a time among all processes and within one. If another has it,
// wait, unless nil, is called once, and Lock waits until the context ends. The
// lock ends with unlock, or with the process; the file stays, since it could not
// be removed without a race. The error is errors.ErrUnsupported where the system
// has no locks.
func Lock(ctx context.Context, name string, wait func()) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err := tryLock(f)
		if err == nil {
			return func() { f.Close() }, nil // closing gives the lock back
		}
		if errors.Is(err, errLocked) {
			if wait != nil {
				wait()
				wait = nil
			}
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(lockRetry):
				continue
			}
		}
		f.Close()
		return nil, err
	}
}
