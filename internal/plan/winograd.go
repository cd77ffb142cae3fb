package plan

import (
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/internal/layer"
)

// winograd chooses Winograd's algorithm for the convolutions that gain by it.
func (g *graph) winograd() {
	for _, n := range g.nodes {
		if conv, ok := n.op.(Conv); ok && !conv.Depthwise() {
			conv.Tile = kernel.WinogradTile(Geometry(conv.Window), conv.Groups, conv.In, conv.Out, n.h, n.w)
			n.op = conv
		}
	}
}

// Geometry is a window with explicit padding in the kernels' terms.
func Geometry(w layer.Window) kernel.Geometry {
	return kernel.Geometry{Kernel: w.Size, Stride: w.Stride, Dilation: w.Dilation, Pad: w.Pad}
}
