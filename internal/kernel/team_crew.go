package kernel

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spinTime is how long workers look for work before they sleep: longer than
	// what lies between two steps of a network, shorter than what anyone would
	// miss. Waking a sleeper takes about as long.
	spinTime = 100 * time.Microsecond
	// spins is the number of looks between two looks at the clock.
	spins = 32
)

// crew is the workers of a team, without the caller, and the loop that they
// share. The owner of the loop writes n, loop and stop, then left; from then on
// workers may take calls, and may read the others once they have one. All calls have
// returned when unfinished is zero; only then may the owner write again.
type crew struct {
	left       atomic.Int64 // calls that nobody has taken; at or below zero there is no work
	_          [56]byte     // idle workers look at left all the time
	unfinished atomic.Int64 // calls that have not returned
	_          [56]byte

	owner sync.Mutex // held by the caller whose loop this is
	n     int
	loop  loop
	stop  <-chan struct{}
	loops map[any]loop // by type of job, so that none is allocated twice

	failed  atomic.Bool
	failure any // of the first worker that failed

	asleep   atomic.Int32  // workers that wait for wake
	wake     chan struct{} // a token for each worker to wake
	waiting  atomic.Bool   // the owner waits for finished
	finished chan struct{}

	cpus  []int // to tie workers to, if any
	quit  chan struct{}
	once  sync.Once
	ended sync.WaitGroup
}

// newCrew starts the workers, of which each has a CPU for itself as long as there
// are enough, and so has the caller during a loop; none are tied if cpus is empty.
func newCrew(threads int, cpus []int) *crew {
	c := &crew{
		cpus:     cpus,
		loops:    make(map[any]loop),
		wake:     make(chan struct{}, threads-1),
		finished: make(chan struct{}, 1),
		quit:     make(chan struct{}),
	}
	for w := 1; w < threads; w++ {
		c.ended.Go(func() { c.work(w) })
	}
	return c
}

// close tells the workers to end after the call that they are in.
func (c *crew) close() { c.once.Do(func() { close(c.quit) }) }

// run is For for the owner, which it releases.
func (c *crew) run(n int, l loop, stop <-chan struct{}) {
	c.n, c.loop, c.stop = n, l, stop
	c.unfinished.Store(int64(n))
	c.left.Store(int64(n))
	for range min(n-1, int(c.asleep.Load())) {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	var p pinning
	if len(c.cpus) > 0 {
		p = pin(c.cpus[0])
	}
	returned := false
	defer func() {
		c.join()
		if len(c.cpus) > 0 {
			p.end()
		}
		failed, failure := c.failed.Load(), c.failure
		c.loop.reset()
		c.loop, c.stop, c.failure = nil, nil, nil
		c.failed.Store(false)
		c.owner.Unlock()
		if returned && failed {
			panic(failure)
		}
	}()
	c.take(0)
	returned = true
}

// take does calls until none is left.
func (c *crew) take(worker int) {
	calling := false
	defer func() {
		if !calling {
			return
		}
		// f panicked or ended the goroutine: hand nothing out any more.
		if worker > 0 {
			failure := recover()
			if failure == nil {
				failure = errExited
			}
			if !c.failed.Swap(true) {
				c.failure = failure
			}
		}
		c.done(1 + max(0, c.left.Swap(0)))
	}()
	for c.left.Load() > 0 {
		left := c.left.Add(-1)
		if left < 0 {
			break
		}
		calling = true
		if !stopped(c.stop) {
			c.loop.call(worker, c.n-1-int(left))
		}
		calling = false
		c.done(1)
	}
}

var errExited = errors.New("kernel: a goroutine of a team exited")

// done counts calls that have returned or never will be made.
func (c *crew) done(calls int64) {
	if c.unfinished.Add(-calls) == 0 && c.waiting.Swap(false) {
		c.finished <- struct{}{}
	}
}

// join waits until all calls have returned.
func (c *crew) join() {
	if spin(func() bool { return c.unfinished.Load() == 0 }) {
		return
	}
	c.waiting.Store(true)
	if c.unfinished.Load() == 0 && c.waiting.Swap(false) {
		return // the last worker has not seen that the owner waits
	}
	<-c.finished
}

// work is the life of a worker.
func (c *crew) work(worker int) {
	if len(c.cpus) > 0 {
		pin(c.cpus[worker%len(c.cpus)])
	}
	ended := false
	defer func() {
		if !ended { // f ended the goroutine: another takes its place
			c.ended.Go(func() { c.work(worker) })
		}
	}()
	for c.idle() {
		c.take(worker)
	}
	ended = true
}

// idle waits until there may be work; false means that there will be none.
func (c *crew) idle() bool {
	select {
	case <-c.quit:
		return false
	default:
	}
	work := func() bool { return c.left.Load() > 0 }
	if spin(work) {
		return true
	}
	c.asleep.Add(1)
	defer c.asleep.Add(-1)
	if work() { // the owner may not have seen that this worker sleeps
		return true
	}
	select {
	case <-c.wake:
		return true
	case <-c.quit:
		return false
	}
}

// spin looks for a condition for some time, letting other goroutines run where
// processors are short. It says whether the condition came true.
func spin(condition func() bool) bool {
	for start := time.Now(); ; {
		for range spins {
			if condition() {
				return true
			}
			pause()
		}
		if time.Since(start) > spinTime {
			return false
		}
		runtime.Gosched()
	}
}
