//go:build !amd64 || purego

package kernel

func (AdamStep) updateFast(Implementation, []float32, []float32, []float32, []float32) int { return 0 }
