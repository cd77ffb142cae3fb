package op

import (
	"fmt"
	"math"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TrainDropout sets a fraction of the elements to zero and multiplies the others
// by float32(1/(1-rate)), as Keras does while training; in evaluations it does
// nothing. Which elements are kept is a function of the seed, the step and the
// element's place alone, so that a row has the same mask whatever the rows behind
// it and however the work is shared out.
type TrainDropout struct {
	trainBase
	rate  float64
	seed  uint64
	scale float32
	// mask, where not nil, decides which elements of a row of the batch are kept
	// in place of the seed.
	mask func(step uint64, row int, keep []bool)
	out  *tensor.Dense
}

// NewTrainDropout returns a dropout of rate in [0, 1). A mask, where not nil, is
// asked for the kept elements of every row of each step in place of the
// generator, by several goroutines at once; it must set every element. The id is
// unique within the graph.
func NewTrainDropout(id int, frame *TrainFrame, rate float64, seed uint64, mask func(step uint64, row int, keep []bool)) (*TrainDropout, error) {
	if !(rate >= 0 && rate < 1) {
		return nil, fmt.Errorf("op: dropout: want a rate in [0, 1), got %v", rate)
	}
	return &TrainDropout{
		trainBase: newTrainBase(frame, 1, fmt.Sprintf("train.dropout{rate %v seed %d}#%d", rate, seed, id)),
		rate:      rate, seed: seed, scale: float32(1 / (1 - rate)), mask: mask,
	}, nil
}

// Type is a → a.
func (o *TrainDropout) Type() hm.Type {
	return hm.NewFnType(hm.TypeVariable('a'), hm.TypeVariable('a'))
}

// InferShape returns the input's shape.
func (o *TrainDropout) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return o.firstShape(in) }

// Do draws the mask of the step and applies it.
func (o *TrainDropout) Do(in ...G.Value) (_ G.Value, err error) {
	defer o.guard(&err)
	ts, err := o.inputs(in, "x")
	if err != nil {
		return nil, err
	}
	if !o.frame.Training {
		return ts[0], nil
	}
	o.out = buffer(o.out, ts[0].Shape())
	rows, err := o.realOf(o.out, ts[0])
	if err != nil {
		return nil, err
	}
	o.apply(rows[0], rows[1])
	return o.out, nil
}

// DiffWRT says that the input is differentiable.
func (o *TrainDropout) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns the node of the gradient under the same mask.
func (o *TrainDropout) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d := *o // the same function, with a buffer of its own
	d.key, d.out = "gradient of "+o.key, nil
	n, err := G.ApplyOp(&d, grad)
	return G.Nodes{n}, err
}

// apply drops elements of the real rows.
func (o *TrainDropout) apply(dst, src []float32) {
	width := len(src) / o.frame.Rows
	rows := max(1, min(rowsACall, valuesACall/width))
	o.share(o.frame.Rows, rows, func(from, to int) {
		var keep []bool
		if o.mask != nil {
			keep = make([]bool, width)
		}
		for r := from; r < to; r++ {
			d, s := dst[r*width:(r+1)*width], src[r*width:(r+1)*width]
			if o.mask == nil {
				drop(d, s, o.rate, o.scale, rowSeed(o.seed, o.frame.Step, r))
				continue
			}
			o.mask(o.frame.Step, r, keep)
			for i, v := range s {
				d[i] = 0
				if keep[i] {
					d[i] = v * o.scale
				}
			}
		}
	})
}

// rowSeed is the state from which the mask of a row is drawn.
func rowSeed(seed, step uint64, row int) uint64 {
	return mix(mix(mix(seed)+step) + uint64(row))
}

// mix is the output function of the SplitMix64 generator (Steele, Lea and Flood
// 2014), whose state goes on by weyl.
func mix(z uint64) uint64 {
	z += weyl
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

const weyl = 0x9e3779b97f4a7c15

// drop keeps each element with probability 1-rate: two elements for each output
// of the generator, low half first. It has no branches, which nothing could
// predict.
func drop(dst, src []float32, rate float64, scale float32, state uint64) {
	from := int64(min(math.Ceil(rate*(1<<32)), math.MaxUint32))
	src = src[:len(dst)]
	i := 0
	for ; i+2 <= len(dst); i += 2 {
		u := mix(state)
		state += weyl
		low, high := uint32((int64(uint32(u))-from)>>63), uint32((int64(u>>32)-from)>>63)
		dst[i] = math.Float32frombits(math.Float32bits(src[i]*scale) &^ low)
		dst[i+1] = math.Float32frombits(math.Float32bits(src[i+1]*scale) &^ high)
	}
	if i < len(dst) {
		low := uint32((int64(uint32(mix(state))) - from) >> 63)
		dst[i] = math.Float32frombits(math.Float32bits(src[i]*scale) &^ low)
	}
}
