package cache

import "testing"

// BenchmarkPut keeps batches of 8 photos with 1,280 features each, in a file that
// grows.
func BenchmarkPut(b *testing.B) {
	const photos, width = 8, 1280
	c := newCache(b, b.TempDir(), Config{})
	values := make([]float32, photos*width)
	n := 0
	for b.Loop() {
		var batch [][32]byte
		for range photos {
			batch, n = append(batch, digest(n)), n+1
		}
		if err := c.put(b.Context(), alpha, batch, values); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet finds rows of 1,280 features among 4,096.
func BenchmarkGet(b *testing.B) {
	const photos, width = 4096, 1280
	c := newCache(b, b.TempDir(), Config{})
	var all [][32]byte
	for i := range photos {
		all = append(all, digest(i))
	}
	if err := c.put(b.Context(), alpha, all, make([]float32, photos*width)); err != nil {
		b.Fatal(err)
	}
	row := make([]float32, width)
	for i := 0; b.Loop(); i++ {
		if found, err := c.get(b.Context(), alpha, all[i%photos], row); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
