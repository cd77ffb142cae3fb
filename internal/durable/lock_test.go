package durable

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLockHasOneHolder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	var holders, most atomic.Int32
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 20 {
				unlock, err := Lock(t.Context(), name, nil)
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), holders.Add(1)))
				time.Sleep(100 * time.Microsecond)
				holders.Add(-1)
				unlock()
			}
		})
	}
	wait.Wait()
	if most.Load() != 1 {
		t.Errorf("want one holder at a time, got %d", most.Load())
	}
}

func TestLockWaitsUntilTheContextEnds(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	waits := 0
	if _, err := Lock(ctx, name, func() { waits++ }); !errors.Is(err, context.DeadlineExceeded) || waits != 1 {
		t.Errorf("want the context's error and one call of wait, got %v and %d", err, waits)
	}
	unlock()
	again, err := Lock(t.Context(), name, func() { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	again()
	if _, err := Lock(t.Context(), filepath.Join(name, "below a file"), nil); err == nil {
		t.Error("want an error for a folder that is a file")
	}
}
