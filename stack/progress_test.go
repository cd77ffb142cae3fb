package stack

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// TestMeter does 1,000 cached photos in a second, then 10 a second.
func TestMeter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeter(2000)
		if p := m.now(); p.Rate != 0 || p.Left != 0 {
			t.Errorf("at the start: got %+v", p)
		}
		for range 1000 {
			time.Sleep(time.Millisecond)
			m.count(true, false)
		}
		if p := m.now(); p.Cached != 1000 || math.Abs(p.Rate-1000) > 1 || p.Left.Round(time.Second/10) != time.Second || p.Elapsed != time.Second {
			t.Errorf("after the cached photos: got %+v", p)
		}
		for i := range 400 {
			time.Sleep(100 * time.Millisecond)
			m.count(false, i%100 == 0)
			m.now()
		}
		// Forty seconds later the cached ones count no more.
		if p := m.now(); p.Done != 1400 || p.Bad != 4 || math.Abs(p.Rate-10) > 0.1 || p.Left.Round(time.Second) != time.Minute {
			t.Errorf("after the others: got %+v", p)
		}
		if len(m.marks) > int(rateSpan/rateStep)+2 {
			t.Errorf("got %d marks", len(m.marks))
		}
	})
}
