package plan

// normalizeOnRead moves a normalization with its activation into the 1×1
// convolutions that read it, if they are all its readers, so that its value is
// never written. A larger convolution reads every value several times and would
// normalize it as often.
func (g *graph) normalizeOnRead() {
	g.each(func(n *node) {
		norm, ok := n.op.(Norm)
		if !ok || n.kept {
			return
		}
		readers := g.readers(n)
		for _, r := range readers {
			conv, ok := r.op.(Conv)
			if !ok || conv.Depthwise() || conv.Window.Size != [2]int{1, 1} {
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
