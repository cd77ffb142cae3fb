//go:build !amd64 || purego

package kernel

func (t *inputTransform) run(Implementation) { t.runGo() }

func (t *outputTransform) run(Implementation) { t.runGo() }
