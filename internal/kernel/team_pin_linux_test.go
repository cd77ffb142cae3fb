package kernel

import (
	"runtime"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPinnedWorkersHaveACPUEach(t *testing.T) {
	const threads = 3
	team, err := NewTeam(TeamConfig{Threads: threads, Implementation: Go, Pin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer team.Close()
	all, err := cores()
	if err != nil {
		t.Fatal(err)
	}
	var present atomic.Int32
	sets := make([]unix.CPUSet, threads)
	team.For(threads, func(worker, _ int) {
		if err := unix.SchedGetaffinity(0, &sets[worker]); err != nil {
			t.Error(err)
		}
		for present.Add(1); present.Load() < threads; { // so that nobody takes two
			runtime.Gosched()
		}
	})
	for worker := 0; worker < threads; worker++ {
		if set, want := sets[worker], all[worker%len(all)]; set.Count() != 1 || !set.IsSet(want) {
			t.Errorf("worker %d: want CPU %d alone, got %d CPUs", worker, want, set.Count())
		}
	}
	var caller unix.CPUSet
	if err := unix.SchedGetaffinity(0, &caller); err != nil || caller.Count() != len(all) {
		t.Errorf("the caller afterwards: want all %d CPUs, got %d, error %v", len(all), caller.Count(), err)
	}
	after := make(chan int)
	go func() { // on any thread that is left
		var set unix.CPUSet
		_ = unix.SchedGetaffinity(0, &set)
		after <- set.Count()
	}()
	if n := <-after; n != len(all) {
		t.Errorf("another goroutine: want all %d CPUs, got %d", len(all), n)
	}
}
