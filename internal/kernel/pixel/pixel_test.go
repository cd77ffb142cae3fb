package pixel

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cairnml/cairn/internal/kernel"
)

// fast are the loops that are compared with those of plain Go.
func fast(t testing.TB) Loops {
	t.Helper()
	l, err := New(kernel.AVX2)
	if err != nil {
		t.Skip(err)
	}
	return l
}

func TestNew(t *testing.T) {
	if l, err := New(kernel.Go); err != nil || l != (Loops{}) {
		t.Errorf("plain Go: got %v, %v", l, err)
	}
	best, err := kernel.Auto.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if l, err := New(kernel.Auto); err != nil || l.avx2 != (best != kernel.Go) {
		t.Errorf("auto: got %v, %v on a CPU with %v", l, err, best)
	}
	if _, err := New(kernel.AVX512 + 1); err == nil {
		t.Error("want an error for no implementation, got none")
	}
}

// TestZigzag compares with the order of the standard, by row and column.
func TestZigzag(t *testing.T) {
	natural := [64]uint8{
		0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
		35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	}
	for k, z := range Zigzag[:64] {
		p, c, h := int(z)/16, int(z)/2%8, int(z)%2
		if got := 8*rowOrder[2*p+h] + columnOrder[c]; got != int(natural[k]) {
			t.Errorf("coefficient %d: got place %d, want %d", k, got, natural[k])
		}
	}
	for _, z := range Zigzag[64:] {
		if z != Zigzag[63] {
			t.Errorf("behind the end: got %d, want %d", z, Zigzag[63])
		}
	}
}

// randomBlock has some coefficients, up to the largest there are.
func randomBlock(rng *rand.Rand) (b Block, last uint8) {
	count := rng.IntN(64)
	if rng.IntN(3) == 0 {
		count = rng.IntN(4)
	}
	bits := rng.IntN(17)
	for range count {
		k := rng.IntN(1 + rng.IntN(64))
		if rng.IntN(4) == 0 {
			k = []int{0, 1, 5, 6, 14, 15, 27, 28}[rng.IntN(8)] // the first row
		}
		v := int16(rng.IntN(1<<bits) - 1<<bits/2)
		if rng.IntN(20) == 0 {
			v = []int16{-1 << 15, 1<<15 - 1, 8191, 8192, -8192, -8193}[rng.IntN(6)]
		}
		b[Zigzag[k]] = v
		last = max(last, uint8(k))
	}
	return b, last
}

func randomTable(rng *rand.Rand) *[64]uint16 {
	q := new([64]uint16)
	limit := []int{1, 255, 1 << 16}[rng.IntN(3)]
	for i := range q {
		q[i] = uint16(rng.IntN(limit) + 1)
	}
	return q
}

func TestInverseDCTMatchesGo(t *testing.T) {
	l, rng := fast(t), rand.New(rand.NewPCG(1, 2))
	const most = 9
	for range 20_000 {
		n := 1 + rng.IntN(most)
		quant := randomTable(rng)
		blocks, last := make([]Block, n), make([]uint8, n)
		for i := range blocks {
			blocks[i], last[i] = randomBlock(rng)
		}
		compareInverseDCT(t, l, blocks, last, quant)
		if t.Failed() {
			return
		}
	}
}

// compareInverseDCT looks at the samples, at what surrounds them, and at the
// blocks afterwards.
func compareInverseDCT(t *testing.T, l Loops, blocks []Block, last []uint8, quant *[64]uint16) {
	t.Helper()
	stride := 8*len(blocks) + 3
	run := func(l Loops, last []uint8) ([]uint8, []Block) {
		dst := bytes.Repeat([]uint8{77}, 8*stride)
		b := append([]Block{}, blocks...)
		l.InverseDCT(dst[:7*stride+8*len(b)], stride, b, last, quant)
		return dst, b
	}
	want, _ := run(Loops{}, last)
	for _, last := range [][]uint8{last, nil} {
		for _, l := range []Loops{{}, l} {
			got, left := run(l, last)
			if !bytes.Equal(got, want) {
				t.Errorf("%v: got %v, want %v of %v × %v", l, got, want, blocks, *quant)
			}
			for _, b := range left {
				if b != (Block{}) {
					t.Errorf("%v: want zeros afterwards, got %v", l, b)
				}
			}
		}
	}
}

func FuzzInverseDCT(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		b, _ := randomBlock(rng)
		seed := make([]byte, 0, 256)
		for _, v := range b {
			seed = binary.LittleEndian.AppendUint16(seed, uint16(v))
		}
		for _, v := range randomTable(rng) {
			seed = binary.LittleEndian.AppendUint16(seed, v)
		}
		f.Add(seed)
	}
	l := fast(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		data = append(data, make([]byte, 256)...)[:256]
		var b Block
		var quant [64]uint16
		for i := range b {
			b[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
			quant[i] = binary.LittleEndian.Uint16(data[128+2*i:])
		}
		compareInverseDCT(t, l, []Block{b}, []uint8{63}, &quant)
	})
}

// TestYCbCr compares all colours with libjpeg's formula, as the notes on the
// reference pictures give it.
func TestYCbCr(t *testing.T) {
	const n = 1 << 16
	y, cb, cr := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	want, got := make([]uint8, 3*n), make([]uint8, 3*n)
	for i := range n {
		cb[i], cr[i] = uint8(i), uint8(i>>8)
	}
	all := []Loops{{}}
	if l, err := New(kernel.AVX2); err == nil {
		all = append(all, l)
	}
	for luma := range 256 {
		for i := range n {
			u, v := int(cb[i])-128, int(cr[i])-128
			y[i] = uint8(luma)
			for k, add := range [3]int{(91881*v + 32768) >> 16, (-22554*u - 46802*v + 32768) >> 16, (116130*u + 32768) >> 16} {
				want[3*i+k] = uint8(min(max(luma+add, 0), 255))
			}
		}
		for _, l := range all {
			clear(got)
			l.YCbCr(got, y, cb, cr)
			if !bytes.Equal(got, want) {
				t.Fatalf("%v: other colours at luma %d", l, luma)
			}
		}
	}
}

func randomBytes(rng *rand.Rand, n int) []uint8 {
	b := make([]uint8, n)
	for i := range b {
		b[i] = uint8(rng.UintN(256))
		if rng.IntN(3) == 0 {
			b[i] = []uint8{0, 255}[rng.IntN(2)]
		}
	}
	return b
}

// TestLinesMatchGo runs the loops over lines of all short lengths.
func TestLinesMatchGo(t *testing.T) {
	fast, rng := fast(t), rand.New(rand.NewPCG(5, 6))
	for n := 1; n < 200; n++ {
		a, b, c := randomBytes(rng, n), randomBytes(rng, n), randomBytes(rng, n)
		check := func(name string, size int, run func(l Loops, dst []uint8)) {
			t.Helper()
			want, got := make([]uint8, size+1), make([]uint8, size+1)
			run(Loops{}, want[:size])
			run(fast, got[:size])
			if !bytes.Equal(got, want) {
				t.Errorf("%s of %d: got %v, want %v", name, n, got, want)
			}
		}
		for _, r := range []Rounding{RoundAcross, RoundBoth} {
			check("across", 2*n, func(l Loops, dst []uint8) { l.Across(dst, a, b, make([]uint16, n+2), r) })
		}
		for round := 1; round < 3; round++ {
			check("down", n, func(l Loops, dst []uint8) { l.Down(dst, a, b, round) })
		}
		check("interleave", 3*n, func(l Loops, dst []uint8) { l.Interleave(dst, a, b, c) })
		check("ycbcr", 3*n, func(l Loops, dst []uint8) { l.YCbCr(dst, a, b, c) })
	}
}

func TestPick(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	all := []Loops{{}}
	if l, err := New(kernel.AVX2); err == nil {
		all = append(all, l)
	}
	for n := 1; n < 60; n++ {
		src, columns := randomBytes(rng, 3*(1+rng.IntN(80))), make([]int32, n)
		for i := range columns {
			columns[i] = int32(rng.IntN(len(src) / 3))
		}
		slices.Sort(columns)
		want := make([]uint8, 3*n+1)
		for i := range want[:3*n] {
			want[i] = src[3*int(columns[i/3])+i%3]
		}
		for _, l := range all {
			got := make([]uint8, 3*n+1)
			l.Pick(got[:3*n], src, columns)
			if !bytes.Equal(got, want) {
				t.Errorf("%v, %d pixels of %d: got %v, want %v", l, n, len(src)/3, got, want)
			}
		}
	}
}

// randomWeights sum up to about 1, as those of filters do, and have both signs.
func randomWeights(rng *rand.Rand, n int) []int32 {
	w := make([]int32, n)
	for i := range w {
		w[i] = int32(rng.IntN(2<<Precision/n+1) - 1<<Precision/n/2)
	}
	return w
}

func TestWeighDown(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	all := []Loops{{}}
	if l, err := New(kernel.AVX2); err == nil {
		all = append(all, l)
	}
	for range 3000 {
		n, taps := 1+rng.IntN(700), rng.IntN(20)
		src, w := randomBytes(rng, n*max(taps, 1)), randomWeights(rng, max(taps, 1))[:taps]
		want := make([]uint8, n+1)
		for i := range want[:n] {
			sum := int64(1 << 21)
			for k, w := range w {
				sum += int64(w) * int64(src[k*n+i])
			}
			want[i] = uint8(min(max(sum>>22, 0), 255))
		}
		for _, l := range all {
			got := make([]uint8, n+1)
			l.WeighDown(got[:n], src, n, w)
			if !bytes.Equal(got, want) {
				t.Fatalf("%v, %d taps, %d bytes: got %v, want %v", l, taps, n, got, want)
			}
		}
	}
}

func TestWeigh(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	all := []Loops{{}}
	if l, err := New(kernel.AVX2); err == nil {
		all = append(all, l)
	}
	for range 3000 {
		width, n := 1+rng.IntN(100), 1+rng.IntN(100)
		a, b := randomBytes(rng, 3*width), randomBytes(rng, 3*width)
		taps := make([]Taps, n)
		for i := range taps {
			first := rng.IntN(width)
			taps[i] = Taps{first, randomWeights(rng, max(1, rng.IntN(min(20, width-first)+1)))}
			if rng.IntN(50) == 0 {
				taps[i].Weights = nil
			}
		}
		want := func(src []uint8) []uint8 {
			dst := make([]uint8, 3*n)
			for i := range dst {
				sum := int64(1 << 21)
				for k, w := range taps[i/3].Weights {
					sum += int64(w) * int64(src[3*(taps[i/3].First+k)+i%3])
				}
				dst[i] = uint8(min(max(sum>>22, 0), 255))
			}
			return dst
		}
		for _, l := range all {
			upper, lower := l.NewColumns(taps, width).NewWeigher().Weigh(a, b)
			if !bytes.Equal(upper, want(a)) || !bytes.Equal(lower, want(b)) {
				t.Fatalf("%v, %d to %d pixels: other rows", l, width, n)
			}
		}
	}
}
