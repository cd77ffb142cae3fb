package jpeg

import (
	"bytes"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

// benchmarkFiles decodes the pictures of 500×375 of the golden folder, or the
// files that JPEG_FILES, a pattern, stands for.
func benchmarkFiles(b *testing.B, decode func(data []byte) (pixels int, err error)) {
	pattern := os.Getenv("JPEG_FILES")
	if pattern == "" {
		pattern = filepath.Join(golden.Root(b), "images", "images", "jpg_*_500x375.jpg")
	}
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		b.Skip("no pictures: ", pattern)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				pixels, err := decode(data)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(3 * pixels))
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	benchmarkFiles(b, func(data []byte) (int, error) {
		img, err := Decode(data, Options{})
		return len(img.Pix) / 3, err
	})
}

func BenchmarkDecodeConcurrent(b *testing.B) {
	benchmarkFiles(b, func(data []byte) (int, error) {
		img, err := Decode(data, Options{Concurrent: true})
		return len(img.Pix) / 3, err
	})
}

// BenchmarkImageJPEG is the standard library's decoder, which leaves out the
// conversion to RGB.
func BenchmarkImageJPEG(b *testing.B) {
	benchmarkFiles(b, func(data []byte) (int, error) {
		img, err := stdjpeg.Decode(bytes.NewReader(data))
		return img.Bounds().Dx() * img.Bounds().Dy(), err
	})
}
