//go:build !amd64 || purego

package kernel

func (r *rowwise) activate(Implementation) { r.activateGo() }
func (r *rowwise) add(Implementation)      { r.addGo() }
func (r *rowwise) multiply(Implementation) { r.multiplyGo() }

func (r *rowwise) scaleShift(_ Implementation, scale, shift []float32) { r.scaleShiftGo(scale, shift) }
