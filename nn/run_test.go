package nn

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/kernel"
)

// chain is a network of so many convolutions of 3×3 and 16 channels.
func chain(steps int) *Node {
	b := NewBuilder()
	x := b.Input("in", 8, 8, 16)
	for i := range steps {
		x = b.Conv2D(name("c%d", i), x, Conv2D{Filters: 16, Kernel: 3, Padding: Same, Activation: ReLU})
	}
	return x
}

func compileChain(t *testing.T, steps int, c Config) *Model {
	t.Helper()
	m, err := Compile(drawn{}, c, chain(steps))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCloseEndsEverything(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	m := compileChain(t, 40, Config{Threads: 4, Batch: 8})
	batch, _ := batchOf(8, m.InputShape(), 1)
	want, err := m.Run(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	// Runs that began before the end finish, the others say that it came.
	var callers sync.WaitGroup
	begun := make(chan struct{}, 3)
	for range cap(begun) {
		callers.Go(func() {
			for {
				got, err := m.Run(t.Context(), batch)
				if err != nil {
					if err != errClosed {
						t.Errorf("want %v, got %v", errClosed, err)
					}
					return
				}
				if !slices.Equal(got[0].Float32s(), want[0].Float32s()) {
					t.Error("a run that the end overtook has other values")
				}
				select {
				case begun <- struct{}{}:
				default:
				}
			}
		})
	}
	<-begun
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	callers.Wait()
	if _, err := m.Run(t.Context(), batch); err == nil || err.Error() != "nn: model is closed" {
		t.Errorf("want that the model is closed, got %v", err)
	}
	if _, err := m.TimeSteps(t.Context(), batch); err != errClosed {
		t.Errorf("want that the model is closed, got %v", err)
	}
	goleak.VerifyNone(t, ignore)
}

// panics is a source of weights that can't give one of them.
type panics struct{ drawn }

func (p panics) Param(name string, shape ...int) (*tensor.Dense, error) {
	if name == "c3/kernel" {
		panic("out of ink")
	}
	return p.drawn.Param(name, shape...)
}

// TestPanickingParams must neither end the program nor hang.
func TestPanickingParams(t *testing.T) {
	_, err := Compile(panics{}, Config{Threads: 4}, chain(20))
	if err == nil || !strings.Contains(err.Error(), "c3: out of ink") {
		t.Errorf("want an error that names the layer, got %v", err)
	}
}

// TestForgottenModelEnds never closes.
func TestForgottenModelEnds(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	m := compileChain(t, 2, Config{Threads: 4})
	batch, _ := batchOf(1, m.InputShape(), 1)
	if _, err := m.Run(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	m = nil
	for deadline := time.Now().Add(10 * time.Second); goleak.Find(ignore) != nil && time.Now().Before(deadline); {
		runtime.GC()
	}
	goleak.VerifyNone(t, ignore)
}

func TestKernel(t *testing.T) {
	for _, k := range []Kernel{Auto, Go, AVX2, AVX512} {
		if _, err := kernel.NewTeam(kernel.TeamConfig{Threads: 1, Implementation: kernel.Implementation(k)}); err != nil {
			continue // tested below
		}
		m := compileChain(t, 1, Config{Kernel: k})
		if got := m.Kernel(); got == "auto" || k != Auto && got != k.String() {
			t.Errorf("want a model in %v, got %s", k, got)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	for k := Kernel(1); k < 100; k++ {
		team, err := kernel.NewTeam(kernel.TeamConfig{Threads: 1, Implementation: kernel.Implementation(k)})
		if err == nil {
			team.Close()
			continue
		}
		_, err = Compile(drawn{}, Config{Kernel: k}, chain(1))
		if err == nil || !strings.Contains(err.Error(), k.String()) {
			t.Errorf("want an error that names %v, got %v", k, err)
		}
	}
}

// TestSameBitsInBatches cuts 20 photos into batches that threads share or take
// apart.
func TestSameBitsInBatches(t *testing.T) {
	var want []float32
	for _, threads := range []int{1, 2, 4} {
		m, err := Compile(drawn{}, Config{Threads: threads, Batch: 20}, sample(t))
		if err != nil {
			t.Fatal(err)
		}
		photos, _ := batchOf(20, m.InputShape(), 1)
		size := length(m.InputShape())
		for _, batch := range []int{1, 3, 8, 20} {
			var got []float32
			for from := 0; from < 20; from += batch {
				n := min(batch, 20-from)
				x := tensor.New(tensor.WithShape(append([]int{n}, m.InputShape()...)...),
					tensor.WithBacking(photos.Float32s()[from*size:(from+n)*size]))
				y, err := m.Run(t.Context(), x)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, y[0].Float32s()...)
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d threads, batch %d: other bits than with one thread and batch 1", threads, batch)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// endsAt is a context that ends when it is asked for the n-th time.
type endsAt struct {
	context.Context
	left atomic.Int32
}

func (c *endsAt) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestCancelBetweenSteps ends the context at every step of a run.
func TestCancelBetweenSteps(t *testing.T) {
	const steps = 10
	m := compileChain(t, steps, Config{Threads: 2})
	defer m.Close()
	batch, _ := batchOf(1, m.InputShape(), 1)
	want, err := m.Run(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	for n := range int32(steps) {
		ctx := &endsAt{Context: t.Context()}
		ctx.left.Store(n)
		if _, err := m.Run(ctx, batch); err != context.Canceled {
			t.Fatalf("after %d looks at the context: want %v, got %v", n, context.Canceled, err)
		}
		got, err := m.Run(t.Context(), batch)
		if err != nil || !slices.Equal(got[0].Float32s(), want[0].Float32s()) {
			t.Fatalf("after a cancelled run: want the same values, got others or %v", err)
		}
	}
}

// stopTime is the promise for a cancelled run, attempts the allowance for a
// machine with other things to do.
const (
	stopTime = 50 * time.Millisecond
	attempts = 5
)

func TestCancelStopsSoon(t *testing.T) {
	b := NewBuilder()
	x := b.Input("in", 128, 128, 64)
	for i := range 3 { // of 5 GFLOP each: half a second in plain Go
		x = b.Conv2D(name("c%d", i), x, Conv2D{Filters: 64, Kernel: 6, Padding: Same, Activation: ReLU})
	}
	m, err := Compile(drawn{}, Config{Threads: 2, Kernel: Go}, x)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	batch, _ := batchOf(1, m.InputShape(), 1)
	var took time.Duration
	for range attempts {
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		time.AfterFunc(5*time.Millisecond, func() { cancelled = time.Now(); cancel() })
		if _, err := m.Run(ctx, batch); err != context.Canceled {
			t.Fatalf("want %v, got %v", context.Canceled, err)
		}
		if took = time.Since(cancelled); took <= stopTime {
			return
		}
	}
	t.Errorf("want a cancelled run to stop within %v, took %v", stopTime, took)
}

func TestTimeSteps(t *testing.T) {
	m := compileChain(t, 5, Config{})
	defer m.Close()
	batch, _ := batchOf(2, m.InputShape(), 1)
	took, err := m.TimeSteps(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	steps := m.Steps()
	if len(steps) != 5 || len(took) != 5 {
		t.Fatalf("want 5 steps, got %d and %d times", len(steps), len(took))
	}
	for i, s := range steps {
		// 2 operations for each of 3×3×16 weights, 16 outputs and 8×8 pixels
		if want := []int{8, 8, 16}; !slices.Equal(s.Shape, want) || s.MFLOP != 2*9*16*16*64/1e6 || s.MB != 2*16*64*4/1e6 {
			t.Errorf("want shape %v, 0.29 MFLOP and 0.008 MB, got %+v", want, s)
		}
		if took[i] <= 0 {
			t.Errorf("%v took no time", s.Layers)
		}
	}
	batch, _ = batchOf(1, []int{8, 8, 3}, 1)
	if _, err := m.TimeSteps(t.Context(), batch); err == nil {
		t.Error("want an error for a batch of another shape")
	}
}
