package backbones

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"runtime"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// featureBits are hashes of features. They say nothing about right or wrong, but
// that old features in caches are still those that would be computed. When a
// change moves them, raise arithmetic in nn/identity.go, note it under Numerics in
// CHANGELOG.md, and put the new ones here.
var featureBits = map[string]string{
	"resnet50v2 go":          "b14202e58b36e859",
	"densenet121 go":         "11b588469674e19a",
	"efficientnetlite0 go":   "5f89c77aad49f310",
	"resnet50v2 avx2":        "e49d87070a9d19c9",
	"densenet121 avx2":       "aa071bfba4e42bd2",
	"efficientnetlite0 avx2": "a55d6c611d7fcc72",
}

func TestFeatureBits(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("bits are known for amd64")
	}
	const size = 40
	photo := &data.RGB{Pix: make([]uint8, 3*80*70), Width: 80, Height: 70}
	for i := range photo.Pix {
		photo.Pix[i] = uint8(i * i >> 5)
	}
	for _, kernel := range []nn.Kernel{nn.Go, nn.AVX2} {
		if kernel == nn.Go && multiplyAdd(1+1.0/4096, 1+1.0/4096, -1-1.0/2048) != 0 {
			continue // compiled for CPUs with fused multiply-add, which is known for assembly alone
		}
		for _, spec := range []Spec{ResNet50V2(), DenseNet121(), EfficientNetLite0()} {
			name := spec.Name + " " + kernel.String()
			b, err := New(spec, weights.ClosedForm("bits", weights.KerasGain(spec.Name)), Config{InputSize: size, Kernel: kernel})
			if err != nil && kernel != nn.Go {
				t.Logf("%s: %v", name, err) // a CPU or a build without it
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			row := make([]float32, b.Features())
			if err := b.Extract(t.Context(), photo, row); err != nil {
				t.Fatal(err)
			}
			b.Close()
			h := sha256.New()
			for _, v := range row {
				h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
			}
			if got := hex.EncodeToString(h.Sum(nil))[:16]; got != featureBits[name] {
				t.Errorf("%q: the features have other bits than before: want %q, got %q", name, featureBits[name], got)
			}
		}
	}
}

//go:noinline
func multiplyAdd(x, y, z float32) float32 { return x*y + z }
