package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// exactly are specimens' values without rounding errors: small integers.
func exactly(seed uint64) memory {
	m, rng := heap(0), rand.New(rand.NewPCG(seed, 1))
	m.value = func() float32 { return float32(rng.IntN(9) - 4) }
	return m
}

// agree compares every implementation with plain Go, to the bit.
func agree(t *testing.T, s specimen, seed uint64) {
	t.Helper()
	want := values(s.run(exactly(seed), newTeam(1)))
	for impl := Go + 1; int(impl) < len(implementationNames); impl++ {
		if supported(impl) != nil {
			continue
		}
		for i, got := range values(s.run(exactly(seed), mustTeam(1, impl))) {
			if math.Float32bits(got) != math.Float32bits(want[i]) {
				t.Fatalf("%v: %s: value %d: want %g, got %g", impl, s.name, i, want[i], got)
			}
		}
	}
}

func FuzzProduct(f *testing.F) {
	f.Add(uint64(1), byte(14), byte(32), uint16(64), byte(1), byte(0))
	f.Add(uint64(2), byte(29), byte(17), uint16(9), byte(3), byte(5))
	f.Add(uint64(7), byte(100), byte(40), uint16(700), byte(1), byte(2))
	f.Fuzz(func(t *testing.T, seed uint64, rows, cols byte, run uint16, runs, gap byte) {
		p := productShape{
			rows: int(rows)%120 + 1, cols: int(cols)%80 + 1, run: int(run)%1100 + 1, runs: int(runs)%4 + 1, gap: int(gap) % 20,
			accumulate: seed%2 == 0, bias: seed/2%2 == 0, act: everyActivation[seed/4%3],
		}
		if depthOf(p.run) > 0 {
			agree(t, p.specimen(), seed)
		}
	})
}

func FuzzWindow(f *testing.F) {
	f.Add(uint64(1), byte(9), byte(8), byte(24), uint16(0x0303), uint16(0x0101), uint16(0x0101), uint32(0x01010101))
	f.Add(uint64(2), byte(7), byte(15), byte(33), uint16(0x0507), uint16(0x0203), uint16(0x0201), uint32(0x03020100))
	f.Add(uint64(3), byte(2), byte(19), byte(48), uint16(0x0202), uint16(0x0202), uint16(0x0101), uint32(0))
	f.Fuzz(func(t *testing.T, seed uint64, h, w, c byte, kernel, stride, dilation uint16, pad uint32) {
		pairOf := func(v uint16, most int) [2]int { return [2]int{int(v>>8) % most, int(v&255) % most} }
		g := Geometry{
			Kernel: pairOf(kernel, 8), Stride: pairOf(stride, 5), Dilation: pairOf(dilation, 5),
			Pad: [4]int{int(pad>>24) % 9, int(pad>>16) % 9, int(pad>>8) % 9, int(pad) % 9},
		}
		shape := windowShape{h: int(h)%20 + 1, w: int(w)%20 + 1, c: int(c)%70 + 1, g: g, act: everyActivation[seed%3], gap: int(seed / 3 % 3)}
		if oh, ow := g.Out(shape.h, shape.w); oh > 0 && ow > 0 {
			for _, s := range shape.specimens() {
				agree(t, s, seed)
			}
		}
	})
}
