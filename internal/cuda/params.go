package cuda

import (
	"math"
	"unsafe"

	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// The structs of kernels/params.h, byte for byte. Offsets and strides count
// floats.

type view struct {
	at, photo      int64
	pitch, h, w, c int32
}

type activation struct {
	low, high float32
	curve     int32
}

const (
	straight = iota
	sigmoid
	swish
)

type window struct{ kernel, stride, dilation, pad [2]int32 }

type affine struct {
	scale, shift int64 // −1 is none
	activation   activation
}

type convParams struct {
	x, y, base                   view
	window                       window
	before                       affine
	weights, bias                int64
	activation                   activation
	accumulate                   int32
	groups                       int32
	in, in4, out, columns, depth int32
	x4, y4                       int32
}

type depthwiseParams struct {
	x, y                    view
	window                  window
	weights, bias           int64
	activation              activation
	multiplier, columns, x4 int32
}

type poolParams struct {
	x, y           view
	window         window
	before         affine
	max, zeros, x4 int32
}

type globalPoolParams struct {
	x, y   view
	before affine
	max    int32
}

type mapParams struct {
	x, y view
	with affine
	pad  [2]int32
}

type combineParams struct {
	x, with, y     view
	activation     activation
	multiply, gate int32
}

type softmaxParams struct{ x, y view }

// bytesOf returns a struct as it lies in memory.
func bytesOf[T any](p *T) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)) }

func activationOf(a layer.Activation) activation {
	out := activation{low: float32(math.Inf(-1)), high: float32(math.Inf(1))}
	switch a.Function {
	case layer.ReLU:
		out.low = 0
		if a.Max > 0 {
			out.high = a.Max
		}
	case layer.Sigmoid:
		out.curve = sigmoid
	case layer.Swish:
		out.curve = swish
	}
	return out
}

func windowOf(w layer.Window) window {
	pair := func(p [2]int) [2]int32 { return [2]int32{int32(p[0]), int32(p[1])} }
	return window{pair(w.Size), pair(w.Stride), pair(w.Dilation), [2]int32{int32(w.Pad[0]), int32(w.Pad[2])}}
}

// aligned says whether all channels of the views can be moved four at a time.
func aligned(views ...view) int32 {
	for _, v := range views {
		if (v.at|v.photo|int64(v.pitch|v.c))%4 != 0 {
			return 0
		}
	}
	return 1
}

func flag(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// arena is the device's memory of activations for a whole batch, in floats.
type arena struct {
	plan    *plan.Plan
	buffers []int64 // where each buffer of the plan begins
	output  int64   // where outputs lie for the copy out, unless one does by itself
	room    int64   // where photos as bytes lie
	length  int64
}

func newArena(p *plan.Plan, batch, pixels int) *arena {
	a := &arena{plan: p, buffers: make([]int64, len(p.Buffers))}
	sizes := make([]int, len(p.Buffers))
	for _, v := range p.Values {
		sizes[v.Buffer] = max(sizes[v.Buffer], v.H*v.W*roundUp(v.Around, 4))
	}
	for i, size := range sizes {
		a.buffers[i] = a.length
		a.length += int64(size) * int64(batch)
	}
	a.output = a.length
	if _, ok := a.direct(); !ok {
		for _, v := range p.Outputs {
			a.length += int64(p.Values[v].H*p.Values[v].W*p.Values[v].C) * int64(batch)
		}
	}
	a.room = int64(roundUp(int(a.length), 4))
	a.length = a.room + int64(roundUp(pixels, 16)/4)
	return a
}

// view returns where a value lies. Pixels begin at multiples of 16 bytes, except
// those of the input, which comes compact.
func (a *arena) view(value int) view {
	v := a.plan.Values[value]
	pitch := roundUp(v.Around, 4)
	if value == a.plan.Input {
		pitch = v.C
	}
	return view{a.buffers[v.Buffer] + int64(v.Offset), int64(v.H * v.W * pitch), int32(pitch), int32(v.H), int32(v.W), int32(v.C)}
}

// direct returns where the only output lies, if it is compact.
func (a *arena) direct() (view, bool) {
	v := a.view(a.plan.Outputs[0])
	return v, len(a.plan.Outputs) == 1 && v.photo == int64(v.h*v.w*v.c)
}

func bytesOfSlice[T any](s []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(one)))
}

func floatsOf(b []byte) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
