//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/cuda/fakedriver"
	"github.com/cairnml/cairn/nn"
)

// TestSharedDevice runs several models on one device, each from several goroutines,
// while others come and go.
func TestSharedDevice(t *testing.T) {
	fake(t, fakedriver.Settings{})
	want, err := compile(t, nn.Config{Device: nn.CUDA(0)}).Run(t.Context(), batch())
	if err != nil {
		t.Fatal(err)
	}
	check := func(m *nn.Model) {
		for i := range 6 {
			photos := 1 + i%2
			in := tensor.New(tensor.WithShape(photos, 8, 8, 4), tensor.WithBacking(batch().Float32s()[:photos*8*8*4]))
			got, err := m.Run(t.Context(), in)
			if err != nil {
				t.Error(err)
				return
			}
			if !slices.Equal(got[0].Float32s(), want[0].Float32s()[:photos*8]) {
				t.Error("a run beside others has other bits")
			}
		}
	}
	var group sync.WaitGroup
	for range 3 {
		m := compile(t, nn.Config{Device: nn.CUDA(0)})
		for range 3 {
			group.Go(func() { check(m) })
		}
	}
	for range 2 {
		group.Go(func() {
			for range 4 {
				m, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0)}, network())
				if err != nil {
					t.Error(err)
					return
				}
				check(m)
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// TestForgottenModel lets the garbage collector close a model.
func TestForgottenModel(t *testing.T) {
	fake(t, fakedriver.Settings{})
	m, err := nn.Compile(drawn{}, nn.Config{Device: nn.CUDA(0)}, network())
	if err != nil {
		t.Fatal(err)
	}
	if err := runs(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	m = nil
	for deadline := time.Now().Add(10 * time.Second); fakedriver.Opened() != (fakedriver.Open{}); runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("want nothing open, got %+v", fakedriver.Opened())
		}
		time.Sleep(time.Millisecond)
	}
}
