// Package hostile holds readers of files to what any file may cost, however large
// it says that it is. It is for fuzz targets and other tests.
package hostile

import (
	"runtime"
	"testing"
	"time"
)

// What reading a file may cost.
const (
	MaxTime       = time.Second
	MaxMemory     = 64 << 20 // bytes, and
	MaxMemoryRate = 4        // bytes more for each byte of the file
)

// Read calls read, which reads a file of size bytes, and fails the test if it
// takes longer than [MaxTime] or allocates more than MaxMemory + MaxMemoryRate·size
// bytes in total.
func Read(t testing.TB, size int, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	read()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if took > MaxTime {
		t.Errorf("want at most %v for a file of %d bytes, took %v", MaxTime, size, took)
	}
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(MaxMemory+MaxMemoryRate*size); got > most {
		t.Errorf("want at most %d bytes of memory for a file of %d, got %d", most, size, got)
	}
}
