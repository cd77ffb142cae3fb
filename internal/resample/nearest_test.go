package resample

import "testing"

// TestNearestRunningSum counts the source sizes from 50 to 2000 at which the
// running sum differs from floor((2i+1)·in/(2·out)). The counts, and that only
// the middle pixel differs at 331, were measured with Pillow.
func TestNearestRunningSum(t *testing.T) {
	for _, tt := range []struct{ out, want int }{{331, 448}, {224, 27}, {299, 521}} {
		count := 0
		for in := 50; in <= 2000; in++ {
			differs := false
			for i, got := range nearestOf(0, in, tt.out, in) {
				if want := (2*i + 1) * in / (2 * tt.out); int(got) == want {
					continue
				} else if int(got) != want-1 {
					t.Fatalf("%d → %d: index %d is %d, want %d or one less", in, tt.out, i, got, want)
				}
				differs = true
				if tt.out == 331 && i != 165 {
					t.Errorf("%d → 331: index %d differs, want only 165", in, i)
				}
			}
			if differs {
				count++
			}
		}
		if count != tt.want {
			t.Errorf("→ %d: %d source sizes differ, want %d", tt.out, count, tt.want)
		}
	}
}
