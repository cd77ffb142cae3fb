package kernel

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestTeamCallsEveryOnce(t *testing.T) {
	if got := newTeam(0).Threads(); got != runtime.GOMAXPROCS(0) {
		t.Errorf("want GOMAXPROCS threads for 0, got %d", got)
	}
	for _, threads := range []int{1, 2, 4, 9} {
		for _, n := range []int{0, 1, 2, 3, 100} {
			team := newTeam(threads)
			calls := make([]atomic.Int32, n)
			busy := make([]atomic.Bool, threads)
			team.For(n, func(worker, i int) {
				if busy[worker].Swap(true) {
					t.Errorf("worker %d is in two calls", worker)
				}
				calls[i].Add(1)
				runtime.Gosched()
				busy[worker].Store(false)
			})
			for i := range calls {
				if calls[i].Load() != 1 {
					t.Errorf("threads %d: want one call of %d, got %d", threads, i, calls[i].Load())
				}
			}
		}
	}
}

func TestTeamPanicReachesCaller(t *testing.T) {
	failure := errors.New("broken")
	for _, threads := range []int{1, 2, 4} {
		for _, at := range []int{0, 3, 99} {
			team := newTeam(threads)
			func() {
				defer func() {
					if got := recover(); got != failure {
						t.Errorf("threads %d: want the panic's value, got %v", threads, got)
					}
				}()
				team.For(100, func(_, i int) {
					if i == at {
						panic(failure)
					}
				})
				t.Errorf("threads %d: want a panic, got none", threads)
			}()
			team.For(3, func(_, _ int) {}) // and the team still works
		}
	}
}

func TestTeamGoexitReachesCaller(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("want a panic when a worker exits, got none")
		}
	}()
	var once atomic.Bool
	newTeam(2).For(2, func(worker, _ int) {
		if worker == 1 {
			once.Store(true)
			runtime.Goexit()
		}
		for !once.Load() {
			runtime.Gosched()
		}
	})
}

func TestBrokenCallsPanic(t *testing.T) {
	team, m := newTeam(1), NewMap(4, 4, 3)
	conv := NewConv2D(ConvConfig{Geometry: Geometry{Kernel: [2]int{3, 3}}, In: 3, Out: 2, Weights: make([]float32, 54)})
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"dst: want shape [2, 2, 2], got [4, 4, 3]", func() { conv.Run(team, m, m, nil) }},
		{"scratch", func() { conv.Run(team, NewMap(2, 2, 2), m, nil) }},
		{"src: want shape [4, 4, 3], got [4, 4, 2]", func() { conv.Run(team, NewMap(2, 2, 2), NewMap(4, 4, 2), nil) }},
		{"dst: want shape [0, 0, 2]", func() { conv.Run(team, NewMap(1, 1, 2), NewMap(2, 2, 3), nil) }},
		{"want 54 weights, got 53", func() {
			NewConv2D(ConvConfig{Geometry: Geometry{Kernel: [2]int{3, 3}}, In: 3, Out: 2, Weights: make([]float32, 53)})
		}},
		{"want 2 biases or none, got 1", func() { NewDense(1, 2, make([]float32, 2), make([]float32, 1), Activation{}) }},
		{"multiples of the groups", func() { NewConv2D(ConvConfig{Groups: 2, In: 3, Out: 2}) }},
		{"no negative padding", func() { NewConv2D(ConvConfig{Geometry: Geometry{Pad: [4]int{0, -1}}, In: 1, Out: 1}) }},
		{"no negative number", func() { MaxPool(team, m, m, Geometry{Stride: [2]int{-1}}) }},
		{"data hold its pixels", func() { Copy(team, m, Map{Data: m.Data[1:], H: 4, W: 4, C: 3, Stride: 3}) }},
		{"data hold its pixels", func() { Copy(team, m, Map{Data: m.Data, H: 4, W: 4, C: 3, Stride: 2}) }},
		{"at least one map", func() { Add(team, m, nil, Activation{}) }},
		{"3 channels together, got 6", func() { Concat(team, m, []Map{m, m}) }},
		{"range within 3 channels", func() { m.Channels(2, 4) }},
		{"rows of 2 values for rows of 1", func() {
			NewDense(1, 2, make([]float32, 2), nil, Activation{}).Run(team, make([]float32, 3), make([]float32, 2))
		}},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, c.want) {
					t.Errorf("want a panic that says %q, got %q", c.want, got)
				}
			}()
			c.f()
		}()
	}
}

// TestTeamOfManyCallers has several goroutines share a team, whose calls call
// For again.
func TestTeamOfManyCallers(t *testing.T) {
	team := newTeam(3)
	defer team.Close()
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 200 {
				var calls atomic.Int32
				team.For(10, func(_, _ int) {
					team.For(3, func(_, _ int) { calls.Add(1) })
				})
				if got := calls.Load(); got != 30 {
					t.Errorf("want 30 calls, got %d", got)
				}
			}
		})
	}
	callers.Wait()
}

// TestTeamWakes lets the workers fall asleep and needs two at once afterwards.
func TestTeamWakes(t *testing.T) {
	team := newTeam(2)
	defer team.Close()
	for range 5 {
		for team.crew.asleep.Load() == 0 {
			time.Sleep(spinTime)
		}
		var both sync.WaitGroup
		both.Add(2)
		team.For(2, func(_, _ int) { both.Done(); both.Wait() })
	}
}

// TestTeamOnOneProcessor has more threads than may run.
func TestTeamOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	team := newTeam(8)
	defer team.Close()
	for range 100 {
		var calls atomic.Int32
		team.For(16, func(_, _ int) { calls.Add(1); runtime.Gosched() })
		if calls.Load() != 16 {
			t.Fatalf("want 16 calls, got %d", calls.Load())
		}
	}
}

func TestTeamStops(t *testing.T) {
	for _, threads := range []int{1, 2, 4} {
		team := newTeam(threads)
		stop := make(chan struct{})
		stopping := team.Until(stop)
		var calls atomic.Int32
		count := func(_, i int) {
			switch n := calls.Add(1); {
			case n == 10:
				close(stop)
			case n > 10:
				<-stop // the tenth call's thread may have lost its processor before it closes
			}
		}
		stopping.For(1000, count)
		// Each thread may have been about to make a call.
		if got := int(calls.Load()); got < 10 || got > 10+threads {
			t.Errorf("%d threads: want about 10 calls before the stop, got %d", threads, got)
		}
		calls.Store(100)
		stopping.For(5, count)
		share(stopping, 1, count, func(count func(_, i int), worker, i int) { count(worker, i) })
		if calls.Load() != 100 {
			t.Errorf("%d threads: calls after the stop", threads)
		}
		team.For(5, count)
		if calls.Load() != 105 {
			t.Errorf("%d threads: want the team itself to go on", threads)
		}
		team.Close()
	}
}

func TestTeamCloses(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	team := newTeam(4)
	running, closed := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	go func() {
		defer close(closed)
		<-running
		team.Close()
		team.Close() // may be called again
	}()
	var once sync.Once
	team.For(100, func(_, _ int) { // under way while the team is closed
		once.Do(func() { close(running) })
		calls.Add(1)
	})
	<-closed
	team.For(100, func(worker, _ int) {
		if worker != 0 {
			t.Errorf("worker %d works for a closed team", worker)
		}
		calls.Add(1)
	})
	if calls.Load() != 200 {
		t.Errorf("want 200 calls, got %d", calls.Load())
	}
	goleak.VerifyNone(t, ignore)
}

func TestForgottenTeamCloses(t *testing.T) {
	crew := newTeam(2).crew
	for deadline := time.Now().Add(10 * time.Second); ; {
		runtime.GC()
		select {
		case <-crew.quit:
			return
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("the workers of a team that nobody knows live on")
		}
	}
}

// BenchmarkTeam measures what it costs to hand out calls that do nothing.
func BenchmarkTeam(b *testing.B) {
	team := newTeam(2)
	defer team.Close()
	for b.Loop() {
		team.For(2, func(_, _ int) {})
	}
}

// threadAllocs is what it may cost to share out a call: the closure that the
// workers run and what it captures.
const threadAllocs = 2

func TestRunAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	src, dst := NewMap(40, 40, 64), NewMap(40, 40, 64)
	copy(src.Data, randomSlice(rng, len(src.Data)))
	wide, padded, vector := NewMap(40, 40, 128), NewMap(42, 42, 64), NewMap(1, 1, 64)
	scale := randomSlice(rng, 64)
	pairs := []Map{src, src}
	act := Activation{Kind: ReLU}
	conv := NewConv2D(ConvConfig{Geometry: same(3, 1), In: 64, Out: 64, Weights: randomSlice(rng, 9*64*64), Activation: act})
	pointwise := NewConv2D(ConvConfig{In: 64, Out: 64, Weights: randomSlice(rng, 64*64), Activation: act})
	depthwise := NewDepthwiseConv2D(same(3, 1), 64, 1, randomSlice(rng, 9*64), nil, act)
	dense := NewDense(64, 64, randomSlice(rng, 64*64), nil, act)
	for _, threads := range []int{1, 2} {
		team, most := newTeam(threads), 0.0
		if threads > 1 {
			most = threadAllocs
		}
		scratch := make([]float32, conv.Scratch(threads, 40, 40))
		for name, run := range map[string]func(){
			"conv":           func() { conv.Run(team, dst, src, scratch) },
			"pointwise":      func() { pointwise.Run(team, dst, src, nil) },
			"depthwise":      func() { depthwise.Run(team, dst, src) },
			"dense":          func() { dense.Run(team, dst.Data[:64*1600], src.Data) },
			"max pool":       func() { MaxPool(team, dst, src, same(3, 1)) },
			"average pool":   func() { AveragePool(team, dst, src, same(3, 1), nil) },
			"global average": func() { GlobalAverage(team, vector, src, nil) },
			"global max":     func() { GlobalMax(team, vector, src) },
			"affine":         func() { Affine(team, dst, src, scale, scale, act) },
			"activate":       func() { Activate(team, dst, src, act) },
			"add":            func() { Add(team, dst, pairs, act) },
			"multiply":       func() { Multiply(team, dst, src, vector) },
			"concat":         func() { Concat(team, wide, pairs) },
			"copy":           func() { Copy(team, dst, src) },
			"pad":            func() { Pad(team, padded, src, [4]int{1, 1, 1, 1}) },
			"softmax":        func() { Softmax(team, dst, src) },
		} {
			if got := testing.AllocsPerRun(3, run); got > most {
				t.Errorf("%s with %d threads: want at most %g allocations, got %g", name, threads, most, got)
			}
		}
	}
}
