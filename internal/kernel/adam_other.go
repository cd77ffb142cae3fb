package kernel

func (s AdamStep) updateFast(Implementation, []float32, []float32, []float32, []float32) int {
	return 0
}
