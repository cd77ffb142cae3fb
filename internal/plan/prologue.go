package plan

// normalizeOnRead moves a normalization with its activation into the
// convolutions that read it, if all its readers read every value about once, so
// that its own value is never written. Otherwise it is written for all of them.
func (g *graph) normalizeOnRead() {
	g.each(func(n *node) {
		norm, ok := n.op.(Norm)
		if !ok || n.kept {
			return
		}
		readers := g.readers(n)
		for _, r := range readers {
			if conv, ok := r.op.(Conv); !ok || !conv.readsOnce() {
				return
			}
		}
		for _, r := range readers {
			conv := r.op.(Conv)
			conv.Prologue = &norm
			r.op = conv
			r.bypass(n)
		}
		g.remove(n)
	})
}

// mostWeights is up to where a 1×1 convolution is computed for all channels at
// once. With more weights, blocks of channels read the map again and again:
// measured at 11×11, normalizing 2,048 channels for 512 takes 1.2 ms while it is
// read, and 0.2 ms before.
const mostWeights = 1 << 18

// readsOnce says whether a convolution reads each value of its input about once.
func (o Conv) readsOnce() bool {
	return !o.Depthwise() && o.Window.Size == [2]int{1, 1} && o.In/o.Groups*o.Out/o.Groups <= mostWeights
}
