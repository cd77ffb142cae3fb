package jpeg

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/kernel"
)

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPanicIsAnError breaks a decoder from inside, in each of its goroutines.
func TestPanicIsAnError(t *testing.T) {
	data := readFile(t, filepath.Join("testdata", "images", "jpg_420_base_17x33.jpg"))
	begin := func() (*scan, *output) {
		d, err := newDecoder(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.newScan()
		if err != nil {
			t.Fatal(err)
		}
		return s, newOutput(d.frame, d.color, d.loops, make([]uint8, 3*d.frame.width*d.frame.height))
	}
	s, o := begin()
	s.planes[0].ac = nil
	if err := s.decodeConcurrently(o, s.mcuH); err == nil || !strings.Contains(err.Error(), "nil pointer") {
		t.Errorf("want an error about a nil pointer, got %v", err)
	}

	before := runtime.NumGoroutine()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("want a panic of the goroutine that called, got none")
			}
		}()
		s, o := begin()
		o.planes = nil
		_ = s.decodeConcurrently(o, s.mcuH)
	}()
	for range 1000 {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("want %d goroutines afterwards, got %d", before, n)
	}
}

func TestUnknownKernel(t *testing.T) {
	data := readFile(t, filepath.Join("testdata", "images", "jpg_420_base_17x33.jpg"))
	if _, err := Decode(data, Options{Kernel: kernel.AVX512 + 1}); err == nil {
		t.Error("want an error, got none")
	}
}
