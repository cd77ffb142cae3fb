package kernel

import (
	"fmt"
	"runtime"
)

// Team shares the work of one kernel call out over persistent workers, which
// sleep while there is none. It may be used by several goroutines at once.
type Team struct {
	threads int
	impl    Implementation
	crew    *crew           // nil for one thread
	stop    <-chan struct{} // nil = never
}

// TeamConfig says what a team is.
type TeamConfig struct {
	Threads        int            // 0 = GOMAXPROCS
	Implementation Implementation // of the kernels
	Pin            bool           // a CPU for each worker, for the caller during a call, on Linux
}

// NewTeam returns a team. An implementation that this CPU or build lacks is an
// error, and so is Pin where it can't be done. The workers end with Close, or when
// the team is no longer reachable.
func NewTeam(c TeamConfig) (*Team, error) {
	threads, impl := c.Threads, c.Implementation
	if threads < 0 {
		return nil, fmt.Errorf("kernel: threads: want 0 (GOMAXPROCS) or above, got %d", threads)
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	impl, err := impl.Resolve()
	if err != nil {
		return nil, err
	}
	var cpus []int
	if c.Pin {
		var err error
		if cpus, err = cores(); err != nil {
			return nil, err
		}
	}
	t := &Team{threads: threads, impl: impl}
	if threads > 1 {
		t.crew = newCrew(threads, cpus)
		runtime.AddCleanup(t, (*crew).close, t.crew)
	}
	return t, nil
}

// Implementation returns the one that the kernels run in, never Auto.
func (t *Team) Implementation() Implementation { return t.impl }

// Threads returns the number of workers, the caller of For being one of them.
func (t *Team) Threads() int { return t.threads }

// Until returns the same team for work that is of no use once stop is closed:
// For then leaves out the calls that have not begun. It ends with t.
func (t *Team) Until(stop <-chan struct{}) *Team {
	return &Team{threads: t.threads, impl: t.impl, crew: t.crew, stop: stop}
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// Close ends the workers and returns when they are gone. Calls of For that are
// under way finish; later ones do all work on the caller's goroutine.
func (t *Team) Close() {
	if t.crew != nil {
		t.crew.close()
		t.crew.ended.Wait()
	}
}

// For calls f(worker, i) once for every i in [0, n) and returns when all calls
// have returned. Idle workers take the next i from a shared counter, so calls
// should be of 0.03 to 1 ms. Calls that run at the same time have different
// worker numbers, all in [0, Threads()). A panic in f ends the handing out and
// continues as a panic of the goroutine that called For.
//
// Only one For at a time has the workers. Others, those that f calls among
// them, do all work on their caller's goroutine.
func (t *Team) For(n int, f func(worker, i int)) {
	share(t, n, f, func(f func(worker, i int), worker, i int) { f(worker, i) })
}

// share is For without allocation: job holds what a closure would capture, by
// value, and do is a method expression of it.
func share[J any](t *Team, n int, job J, do func(job J, worker, i int)) {
	if n > 1 && t.crew != nil && t.crew.owner.TryLock() {
		l := loopOf[J](t.crew)
		l.job, l.do = job, do
		t.crew.run(n, l, t.stop)
		return
	}
	for i := 0; i < n && !stopped(t.stop); i++ {
		do(job, 0, i)
	}
}

// loop is what the workers of a crew do together.
type loop interface {
	call(worker, i int)
	reset() // lets go of what calls used
}

// jobs is a loop over a job of type J.
type jobs[J any] struct {
	job J
	do  func(job J, worker, i int)
}

func (l *jobs[J]) call(worker, i int) { l.do(l.job, worker, i) }

func (l *jobs[J]) reset() { *l = jobs[J]{} }

// loopOf returns the crew's loop over jobs of type J, for its owner.
func loopOf[J any](c *crew) *jobs[J] {
	key := any((*J)(nil))
	if l, ok := c.loops[key]; ok {
		return l.(*jobs[J])
	}
	l := new(jobs[J])
	c.loops[key] = l
	return l
}

// span returns the bounds of block i when n things are cut into blocks of size.
func span(i, size, n int) (from, to int) {
	from = i * size
	return from, min(from+size, n)
}

// blocks returns how many blocks of size n things make.
func blocks(n, size int) int { return (n + size - 1) / size }
