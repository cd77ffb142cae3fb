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
// takes longer than [MaxTime], or more memory than [Memory] allows. What takes too
// long is read again: a machine that does something else is not the file's fault.
func Read(t testing.TB, size int, read func()) {
	t.Helper()
	took := MaxTime + 1
	for try := 0; try < 3 && took > MaxTime; try++ {
		start := time.Now()
		Memory(t, size, read)
		took = time.Since(start)
	}
	if took > MaxTime {
		t.Errorf("want at most %v for a file of %d bytes, took %v", MaxTime, size, took)
	}
}

// Memory calls read, which reads a file of size bytes, and fails the test if all
// that it allocates is more than MaxMemory + MaxMemoryRate·size bytes.
func Memory(t testing.TB, size int, read func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(MaxMemory+MaxMemoryRate*size); got > most {
		t.Errorf("want at most %d bytes of memory for a file of %d, got %d", most, size, got)
	}
}
