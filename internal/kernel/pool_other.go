//go:build !amd64 || purego

package kernel

func (p poolLine) maximum(Implementation) { p.maximumGo() }
func (p poolLine) average(Implementation) { p.averageGo() }
