package plan

// place gives every value a buffer. Values whose lives do not overlap share
// one: a value lives from the step that writes it to the last that reads it,
// outputs to the end.
func (p *Plan) place() {
	lastRead := make([]int, len(p.Values))
	for i, s := range p.Steps {
		for _, v := range s.In {
			lastRead[v] = i
		}
		lastRead[s.Out] = max(lastRead[s.Out], i)
	}
	for _, v := range p.Outputs {
		lastRead[v] = len(p.Steps)
	}

	var free []int // buffers
	take := func(v int) {
		need := p.Values[v].H * p.Values[v].W * p.Values[v].C
		best := -1
		for i, buffer := range free {
			if best < 0 || better(p.Buffers[buffer], p.Buffers[free[best]], need) {
				best = i
			}
		}
		buffer := len(p.Buffers)
		if best >= 0 {
			buffer = free[best]
			free = append(free[:best], free[best+1:]...)
			p.Buffers[buffer] = max(p.Buffers[buffer], need)
		} else {
			p.Buffers = append(p.Buffers, need)
		}
		p.Values[v].Buffer = buffer
		p.Values[v].Stride = p.Values[v].C
	}

	take(p.Input)
	for i, s := range p.Steps {
		take(s.Out)
		for v := range p.Values {
			if lastRead[v] == i { // so it was written in this step or before
				free = append(free, p.Values[v].Buffer)
			}
		}
	}
}

// better says whether a free buffer of length a suits better than one of length
// b: the smallest that is large enough, or the largest.
func better(a, b, need int) bool {
	if (a >= need) != (b >= need) {
		return a >= need
	}
	if a >= need {
		return a < b
	}
	return a > b
}
