package kernel

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Team shares the work of one kernel call out over goroutines. It may be used
// by several goroutines at once.
type Team struct {
	threads int
	impl    Implementation
}

// NewTeam returns a team of that many threads, 0 meaning GOMAXPROCS, whose
// kernels run in the given implementation. An implementation that this CPU or
// build lacks is an error.
func NewTeam(threads int, impl Implementation) (*Team, error) {
	if threads < 0 {
		return nil, fmt.Errorf("kernel: threads: want 0 (GOMAXPROCS) or above, got %d", threads)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	if impl == Auto {
		impl = best()
	}
	if err := supported(impl); err != nil {
		return nil, err
	}
	return &Team{threads: threads, impl: impl}, nil
}

// Implementation returns the one that the kernels run in, never Auto.
func (t *Team) Implementation() Implementation { return t.impl }

// Threads returns the number of workers, the caller of For being one of them.
func (t *Team) Threads() int { return t.threads }

// For calls f(worker, i) once for every i in [0, n) and returns when all calls
// have returned. Idle workers take the next i from a shared counter, so calls
// should be of 0.1 to 1 ms. Calls that run at the same time have different
// worker numbers, all in [0, Threads()). A panic in f ends the handing out and
// continues as a panic of the goroutine that called For.
func (t *Team) For(n int, f func(worker, i int)) {
	workers := min(t.threads, n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	l := loop{n: int64(n), f: f}
	l.wait.Add(workers - 1)
	for w := 1; w < workers; w++ {
		go func() {
			defer l.wait.Done()
			l.work(w)
		}()
	}
	l.work(0)
	l.wait.Wait()
	if l.failed {
		panic(l.failure)
	}
}

// loop is the state of one call of For.
type loop struct {
	n    int64
	next atomic.Int64
	f    func(worker, i int)
	wait sync.WaitGroup

	once    sync.Once
	failed  bool
	failure any
}

var errExited = errors.New("kernel: a goroutine of a team exited")

// work takes calls until none is left, and keeps the first panic.
func (l *loop) work(worker int) {
	finished := false
	defer func() {
		if finished {
			return
		}
		failure := recover()
		if failure == nil {
			failure = errExited
		}
		l.next.Store(l.n)
		l.once.Do(func() { l.failed, l.failure = true, failure })
	}()
	for {
		i := l.next.Add(1) - 1
		if i >= l.n {
			break
		}
		l.f(worker, int(i))
	}
	finished = true
}

// share is For without allocation when there is nothing to share out: job holds
// what a closure would capture, by value, and do is a method expression of it.
func share[J any](t *Team, n int, job J, do func(job J, worker, i int)) {
	if t.threads == 1 || n <= 1 {
		for i := range n {
			do(job, 0, i)
		}
		return
	}
	shareOut(t, n, job, do)
}

// shareOut stands apart from share because its closure moves job to the heap.
//
//go:noinline
func shareOut[J any](t *Team, n int, job J, do func(job J, worker, i int)) {
	t.For(n, func(worker, i int) { do(job, worker, i) })
}

// span returns the bounds of block i when n things are cut into blocks of size.
func span(i, size, n int) (from, to int) {
	from = i * size
	return from, min(from+size, n)
}

// blocks returns how many blocks of size n things make.
func blocks(n, size int) int { return (n + size - 1) / size }
