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
// one holder at a time among all processes and within one. Until the context
// ends it waits. The lock ends with unlock, or with the process.
func Lock(ctx context.Context, name string) (unlock func(), err error) {
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
