package jpeg

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/kernel"
)

// FuzzDecode looks for panics, hangs, pictures of the wrong size, and results
// that depend on anything but the file.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.jpg"))
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds: ", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 5000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, configErr := DecodeConfig(data)
		whole, err := Decode(data, Options{MaxPixels: 1 << 16})
		partial, partialErr := Decode(data, Options{MaxPixels: 1 << 16, AllowTruncated: true})
		if configErr != nil && (err == nil || partialErr == nil) {
			t.Fatalf("decoded, although the start gives %v", configErr)
		}
		if err == nil && (partialErr != nil || !bytes.Equal(whole.Pix, partial.Pix)) {
			t.Fatalf("other pixels or %v when the file may be truncated", partialErr)
		}
		if partialErr != nil {
			return
		}
		if partial.Width != c.Width || partial.Height != c.Height || len(partial.Pix) != 3*c.Width*c.Height {
			t.Fatalf("want %d×%d, got %d×%d and %d bytes", c.Width, c.Height, partial.Width, partial.Height, len(partial.Pix))
		}
		concurrent, err := Decode(data, Options{AllowTruncated: true, Concurrent: true})
		if err != nil || !bytes.Equal(concurrent.Pix, partial.Pix) {
			t.Fatalf("other pixels or %v from two goroutines", err)
		}
		plain, err := Decode(data, Options{AllowTruncated: true, Kernel: kernel.Go})
		if err != nil || !bytes.Equal(plain.Pix, partial.Pix) {
			t.Fatalf("other pixels or %v from plain Go", err)
		}
	})
}
