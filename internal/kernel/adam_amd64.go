//go:build !purego

package kernel

// updateFast does as many elements as whole vectors hold. The loop waits for
// memory, so that wider vectors would not help.
func (s AdamStep) updateFast(impl Implementation, w, g, m, v []float32) int {
	n := len(w) / vector * vector
	if impl == Go || n == 0 {
		return 0
	}
	adamAVX2(&w[0], &g[0], &m[0], &v[0], n, s.Alpha, s.Keep1, s.Keep2, s.Epsilon)
	return n
}

// adamAVX2 is updateGo for n values, a multiple of 8 above 0.
//
//go:noescape
func adamAVX2(w, grad, m, v *float32, n int, alpha, keep1, keep2, epsilon float32)
