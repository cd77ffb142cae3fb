package plan

// place gives every value a place in a buffer. Values inside others share their
// memory. Beyond that, values whose lives do not overlap share a buffer: a value
// lives from the step that writes it to the last that reads it.
func (p *Plan) place(concatsInPlace bool) {
	l := newLayout(p)
	l.nest(concatsInPlace)

	type life struct{ from, to int }
	lives := make([]life, len(p.Values)) // of values with all inside them
	for v := range p.Values {
		lives[v] = life{l.written[v], l.read[v]}
	}
	for v := range p.Values {
		root, _ := l.root(v)
		lives[root].from = min(lives[root].from, l.written[v])
		lives[root].to = max(lives[root].to, l.read[v])
	}

	var free []int // buffers
	for step := -1; step < len(p.Steps); step++ {
		for v := range p.Values {
			if l.host[v] < 0 && lives[v].from == step {
				p.Values[v].Buffer = p.take(&free, p.Values[v].H*p.Values[v].W*p.Values[v].C)
			}
		}
		for v := range p.Values {
			if l.host[v] < 0 && lives[v].to == step {
				free = append(free, p.Values[v].Buffer)
			}
		}
	}
	for i := range p.Values {
		v := &p.Values[i]
		root, channel := l.root(i)
		v.Buffer, v.Offset, v.Stride, v.Around = p.Values[root].Buffer, channel, p.Values[root].C, p.Values[root].C
		if v.H*v.W == 1 {
			v.Stride = v.C
		}
	}
}

// take returns a buffer of at least that length, from the free ones if any.
func (p *Plan) take(free *[]int, need int) int {
	if len(*free) == 0 {
		p.Buffers = append(p.Buffers, need)
		return len(p.Buffers) - 1
	}
	best := 0
	for i, buffer := range *free {
		if better(p.Buffers[buffer], p.Buffers[(*free)[best]], need) {
			best = i
		}
	}
	buffer := (*free)[best]
	*free = append((*free)[:best], (*free)[best+1:]...)
	p.Buffers[buffer] = max(p.Buffers[buffer], need)
	return buffer
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
