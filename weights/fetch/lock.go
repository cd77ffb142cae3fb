package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairnml/cairn/internal/durable"
)

// Lock holds what is called name in dir, a weight folder or [ClassIndex], against
// all others that fetch or import it, in this process too, and removes what those
// that were killed have left of it. wait is called once if another has to end
// first. A process that dies holds nothing. The file that stands for the lock
// stays: it could not be removed without a race. On a system without such locks
// nobody may write the same at once.
func Lock(ctx context.Context, dir, name string, wait func()) (unlock func(), err error) {
	file := filepath.Join(dir, "."+name+".lock")
	unlock, err = durable.Lock(ctx, file, wait)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		unlock = func() {}
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", file, err)
	}
	if err := removeLeftovers(dir, name); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// removeLeftovers removes the temporary files and folders of processes that were
// killed. The lock must be held.
func removeLeftovers(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+name+".") && strings.HasSuffix(e.Name(), ".tmp") {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
