package cuda

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// worker is a goroutine locked to its thread, since the driver keeps the current
// device by thread.
type worker struct {
	jobs chan job
	done sync.WaitGroup
}

type job struct {
	do     func() error
	result chan<- error
}

func newWorker() *worker {
	w := &worker{jobs: make(chan job)}
	w.done.Go(func() {
		runtime.LockOSThread()
		for j := range w.jobs {
			j.result <- try(j.do)
		}
		// Ending while locked ends the thread, with what the driver keeps for it.
	})
	return w
}

// try turns a panic into an error, so that it does not end the program.
func try(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return f()
}

// do runs a function on the worker, after those that came before, unless the
// context ends first.
func (w *worker) do(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	select {
	case w.jobs <- job{f, result}:
		return <-result
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end waits for the worker to finish. It must not be used any more.
func (w *worker) end() {
	close(w.jobs)
	w.done.Wait()
}
