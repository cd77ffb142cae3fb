package durable

import (
	"errors"
	"os"
	"sync"
)

// A Syncer brings files to the disk while the next ones are written: waiting for
// several at once takes hardly longer than for one. NewSyncer makes one.
type Syncer struct {
	wait  sync.WaitGroup
	slots chan struct{}
	mu    sync.Mutex
	errs  []error
}

// NewSyncer makes a Syncer.
func NewSyncer() *Syncer {
	const open = 8 // files
	return &Syncer{slots: make(chan struct{}, open)}
}

// Close takes a file that is written and closes it when it is on the disk. It
// waits if too many are under way.
func (s *Syncer) Close(f *os.File) {
	s.slots <- struct{}{}
	s.wait.Go(func() {
		err := errors.Join(f.Sync(), f.Close())
		<-s.slots
		if err != nil {
			s.mu.Lock()
			s.errs = append(s.errs, err)
			s.mu.Unlock()
		}
	})
}

// Wait waits for all files and returns what went wrong with any.
func (s *Syncer) Wait() error {
	s.wait.Wait()
	return errors.Join(s.errs...)
}
