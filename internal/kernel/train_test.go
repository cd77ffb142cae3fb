package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestTrainDenseMatchesFloat64(t *testing.T) { battery(t, testTrainDenseMatchesFloat64) }

func testTrainDenseMatchesFloat64(t *testing.T, newTeam func(threads int) *Team) {
	rng := rand.New(rand.NewPCG(27, 28))
	for _, s := range []struct{ n, in, out int }{
		{1, 1, 1}, {1, 3, 5}, {3, 31, 33}, {17, 49, 8}, {7, 520, 130}, {128, 96, 120}, {2, 33, 1030},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			w, bias, x, dy := randomSlice(rng, s.in*s.out), randomSlice(rng, s.out), randomSlice(rng, s.n*s.in), randomSlice(rng, s.n*s.out)
			at := func(v []float32, width int) func(i, j int) float64 {
				return func(i, j int) float64 { return float64(v[i*width+j]) }
			}
			wAt, xAt, dyAt := at(w, s.out), at(x, s.in), at(dy, s.out)
			d := NewTrainDense(s.in, s.out)
			for range 2 { // the memory of the packed matrix is used again
				trainProductCase(t, newTeam, s.n, s.out, s.in, func(i, j int) float64 { return float64(bias[j]) },
					xAt, wAt, func(team *Team, dst []float32) { d.Forward(team, dst, x, w, bias) })
				trainProductCase(t, newTeam, s.n, s.in, s.out, nil,
					dyAt, func(k, j int) float64 { return wAt(j, k) }, func(team *Team, dst []float32) { d.InputGradient(team, dst, dy, w) })
				trainProductCase(t, newTeam, s.in, s.out, s.n, nil,
					func(i, k int) float64 { return xAt(k, i) }, dyAt, func(team *Team, dst []float32) { d.WeightGradient(team, dst, x, dy) })
				trainProductCase(t, newTeam, s.n, s.out, s.in, nil, xAt, wAt, func(team *Team, dst []float32) { d.Forward(team, dst, x, w, nil) })
			}
			y, same := make([]float32, s.n*s.out), make([]float32, s.n*s.out)
			d.Forward(newTeam(2), y, x, w, bias)
			NewDense(s.in, s.out, w, bias, Activation{}).Run(newTeam(1), same, x)
			if !sameBits(y, same) {
				t.Error("other bits than Dense")
			}
		})
	}
}

// trainProductCase compares a product [rows, cols] of depth terms, and its bits
// for several numbers of threads.
func trainProductCase(t *testing.T, newTeam func(threads int) *Team, rows, cols, depth int, bias, a, b func(i, j int) float64, run func(team *Team, dst []float32)) {
	t.Helper()
	want, bound := make([]float64, rows*cols), make([]float64, rows*cols)
	for i := range rows {
		for j := range cols {
			sum := 0.0
			if bias != nil {
				sum = bias(i, j)
			}
			abs := math.Abs(sum)
			for k := range depth {
				v := a(i, k) * b(k, j)
				sum += v
				abs += math.Abs(v)
			}
			want[i*cols+j], bound[i*cols+j] = sum, sumBound(depth+1, abs)
		}
	}
	var first []float32
	for _, threads := range []int{1, 2, 4} {
		dst := newGuarded(1, 1, rows*cols, 0)
		run(newTeam(threads), dst.Data[:rows*cols])
		dst.checkGuards(t)
		got := dst.values()
		if first == nil {
			first = got
			compare(t, got, want, bound)
		}
		if !sameBits(first, got) {
			t.Fatalf("%d threads: other bits than with 1", threads)
		}
	}
}

func TestBiasGradient(t *testing.T) {
	db := []float32{9, 9, 9}
	BiasGradient(db, []float32{1, 2, 3, 10, 20, 30})
	if !sameBits(db, []float32{11, 22, 33}) {
		t.Errorf("got %v", db)
	}
}

// TestAdamRoundsAsGo wants the bits of plain Go for every length, and plain Go
// within two roundings an operation of float64.
func TestAdamRoundsAsGo(t *testing.T) { battery(t, testAdamRoundsAsGo) }

func testAdamRoundsAsGo(t *testing.T, newTeam func(threads int) *Team) {
	impl := newTeam(1).Implementation()
	rng := rand.New(rand.NewPCG(29, 30))
	s := AdamStep{Alpha: 3e-3, Keep1: 0.1, Keep2: 1e-3, Epsilon: 1e-7}
	for n := range 70 {
		var fast, plain [4][]float32
		for i := range fast {
			g := newGuarded(1, 1, n, 0)
			g.randomize(rng)
			fast[i] = g.Data[:n]
			if i == 3 {
				for j, v := range fast[i] {
					fast[i][j] = v * v
				}
			}
			plain[i] = append([]float32(nil), fast[i]...)
			defer g.checkGuards(t)
		}
		if n > 20 {
			plain[1][20], fast[1][20] = float32(math.Inf(1)), float32(math.Inf(1))
			plain[1][9], fast[1][9] = 0, 0
		}
		before := append([]float32(nil), plain[0]...)
		s.Update(impl, fast[0], fast[1], fast[2], fast[3])
		s.updateGo(plain[0], plain[1], plain[2], plain[3])
		for i := range fast {
			for j := range fast[i] {
				if math.Float32bits(fast[i][j]) != math.Float32bits(plain[i][j]) && plain[i][j] == plain[i][j] {
					t.Fatalf("length %d: array %d, element %d: want %v, got %v", n, i, j, plain[i][j], fast[i][j])
				}
			}
		}
		for j := range before {
			m, v := float64(plain[2][j]), float64(plain[3][j])
			want := float64(before[j]) - m*float64(s.Alpha)/(math.Sqrt(v)+float64(s.Epsilon))
			if d := math.Abs(float64(plain[0][j]) - want); d > 8*unit*(math.Abs(want)+math.Abs(float64(before[j]))+1) {
				t.Fatalf("length %d: element %d: want %v, got %v", n, j, want, plain[0][j])
			}
		}
	}
}
