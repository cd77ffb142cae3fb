//go:build !amd64 || purego

package kernel

func (p pooling) maximum(Implementation) { p.maximumGo() }
func (p pooling) average(Implementation) { p.averageGo() }
