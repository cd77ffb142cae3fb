package kernel

import "testing"

func TestPeakIsGFLOPs(t *testing.T) {
	for _, threads := range []int{1, 2} {
		team := newTeam(threads)
		got := Peak(team)
		t.Logf("%v, %d threads: %.1f GFLOP/s", team.Implementation(), threads, got)
		// Between a CPU of the last century and one of the next, for a broken unit.
		if got < 0.01 || got > 1e5*float64(threads) {
			t.Errorf("want GFLOP/s, got %g", got)
		}
		team.Close()
	}
}
