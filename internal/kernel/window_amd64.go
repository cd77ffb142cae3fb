//go:build !purego

package kernel

// vectors returns how many vectors of channels assembly does, after a check that
// the last pixel and the last tap are there.
func (s *strip) vectors(impl Implementation) int {
	if impl == Go || s.pixels == 0 {
		return 0
	}
	last := s.pixels - 1
	_, _ = s.dst[last*s.ldd+s.n-1], s.src[last*s.ldx+(s.lines-1)*s.line+(s.taps-1)*s.tap+s.n-1]
	return s.n / vector
}
