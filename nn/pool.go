package nn

import "github.com/cairnml/cairn/internal/layer"

// Pool configures a pooling window. Only Size has no default.
type Pool struct {
	Size        int // rows, and columns unless SizeWidth is set
	SizeWidth   int
	Stride      int // 0 = Size; columns too unless StrideWidth is set
	StrideWidth int
	Padding     Padding
}

func (p Pool) window() layer.Window {
	stride, strideW := p.Stride, p.StrideWidth
	if stride == 0 {
		stride = p.Size
		if strideW == 0 {
			strideW = p.SizeWidth
		}
	}
	return window(p.Size, p.SizeWidth, stride, strideW, 1, 1, p.Padding)
}

// MaxPooling2D adds a maximum over windows (Keras's MaxPooling2D):
//
//	[N, H, W, C] → [N, H', W', C]
//
// Padding Same lets windows reach over the border, where nothing counts. Where
// a network pads with real zeros before it pools, declare a ZeroPadding2D.
func (b *Builder) MaxPooling2D(name string, x *Node, p Pool) *Node {
	return b.add(name, layer.MaxPooling2D{Window: p.window()}, x)
}

// AveragePooling2D adds a mean over windows (Keras's AveragePooling2D):
//
//	[N, H, W, C] → [N, H', W', C]
//
// With padding Same the mean is over the pixels inside the map.
func (b *Builder) AveragePooling2D(name string, x *Node, p Pool) *Node {
	return b.add(name, layer.AveragePooling2D{Window: p.window()}, x)
}

// GlobalAveragePooling2D adds a mean over all pixels: [N, H, W, C] → [N, C].
func (b *Builder) GlobalAveragePooling2D(name string, x *Node) *Node {
	return b.add(name, layer.GlobalAveragePooling2D{}, x)
}

// GlobalMaxPooling2D adds a maximum over all pixels: [N, H, W, C] → [N, C].
func (b *Builder) GlobalMaxPooling2D(name string, x *Node) *Node {
	return b.add(name, layer.GlobalMaxPooling2D{}, x)
}

// Squeeze adds a mean over all pixels that stays a map, the first half of
// squeeze-and-excitation (Keras's GlobalAveragePooling2D with keepdims):
// [N, H, W, C] → [N, 1, 1, C].
func (b *Builder) Squeeze(name string, x *Node) *Node {
	return b.add(name, layer.GlobalAveragePooling2D{KeepDims: true}, x)
}

// ZeroPadding2D adds zeros around a map (Keras's ZeroPadding2D):
//
//	[N, H, W, C] → [N, Top+H+Bottom, Left+W+Right, C]
func (b *Builder) ZeroPadding2D(name string, x *Node, p Pad) *Node {
	return b.add(name, layer.ZeroPadding2D{Pad: p.sides()}, x)
}
