package kernel

import "math"

// AdamStep holds the numbers of one step of Adam.
type AdamStep struct {
	Alpha        float32 // the rate with its bias corrections
	Keep1, Keep2 float32 // 1 - beta
	Epsilon      float32
}

// Update changes the moments m and v by the gradient g and the weights w by the
// moments, all of one length, with one rounding for each operation:
//
//	m += (g - m)·Keep1
//	v += (g² - v)·Keep2
//	w -= m·Alpha/(√v + Epsilon)
func (s AdamStep) Update(impl Implementation, w, g, m, v []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	done := s.updateFast(impl, w, g, m, v)
	s.updateGo(w[done:], g[done:], m[done:], v[done:])
}

// updateGo rounds every product, so that no compiler fuses it with the sum.
func (s AdamStep) updateGo(w, g, m, v []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for j, gj := range g {
		mj := m[j] + float32((gj-m[j])*s.Keep1)
		vj := v[j] + float32((float32(gj*gj)-v[j])*s.Keep2)
		m[j], v[j] = mj, vj
		w[j] -= float32(mj*s.Alpha) / (float32(math.Sqrt(float64(vj))) + s.Epsilon)
	}
}
