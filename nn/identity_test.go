package nn

import (
	"testing"

	"github.com/cairnml/cairn/weights"
)

func TestIdentity(t *testing.T) {
	build := func(seed uint64, c Config, conv Conv2D) string {
		t.Helper()
		b := NewBuilder()
		x := b.Input("input", 8, 8, 3)
		x = b.Conv2D("conv", x, conv)
		x = b.GlobalAveragePooling2D("pool", x)
		if err := b.Err(); err != nil {
			t.Fatal(err)
		}
		m, err := Compile(weights.Random(seed), c, x)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		return m.Identity()
	}
	conv := Conv2D{Filters: 4, Kernel: 3}
	strided := conv
	strided.Stride = 2
	active := conv
	active.Activation = ReLU
	base := build(1, Config{Kernel: Go}, conv)
	if again := build(1, Config{Kernel: Go, Threads: 3, Batch: 7}, conv); again != base {
		t.Error("threads and batch changed the identity")
	}
	for name, other := range map[string]string{
		"weights": build(2, Config{Kernel: Go}, conv), "strides": build(1, Config{Kernel: Go}, strided), "activation": build(1, Config{Kernel: Go}, active),
	} {
		if other == base {
			t.Errorf("other %s have the same identity", name)
		}
	}
}
