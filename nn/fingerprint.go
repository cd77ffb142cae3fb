package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cairnml/cairn/internal/layer"
)

// reader hands out weights and remembers the hash of each, so that weights are
// read once. Several goroutines may use it, of which one at a time reads.
type reader struct {
	mu     sync.Mutex
	params Params
	hashes map[string][sha256.Size]byte
}

func newReader(p Params) *reader {
	return &reader{params: p, hashes: map[string][sha256.Size]byte{}}
}

func (r *reader) read(w layer.Weight) ([]float32, error) {
	values, err := r.values(w)
	if err != nil {
		return nil, err
	}
	hash := hashFloats(values)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hashes[w.Name] = hash
	return values, nil
}

func (r *reader) values(w layer.Weight) ([]float32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, err := readParam(r.params, w)
	if err != nil {
		return nil, err
	}
	return t.Float32s(), nil
}

// fingerprint combines the hashes of the layers' weights.
func (r *reader) fingerprint(ordered []*layer.Layer) string {
	h := sha256.New()
	for _, l := range ordered {
		for _, w := range l.Weights {
			fmt.Fprintf(h, "%s %v %x\n", w.Name, w.Shape, r.hashes[w.Name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hashFloats is the SHA-256 of the values as little-endian bytes.
func hashFloats(values []float32) (sum [sha256.Size]byte) {
	h := sha256.New()
	buf := make([]byte, 64<<10)
	for part := range slices.Chunk(values, len(buf)/4) {
		bytes := buf[:4*len(part)]
		for i, v := range part {
			binary.LittleEndian.PutUint32(bytes[4*i:], math.Float32bits(v))
		}
		h.Write(bytes)
	}
	h.Sum(sum[:0])
	return sum
}
