package plan

// layout says which values lie inside others: a channel range of a wider value,
// or the memory of a sum before the last term is added. The value around is
// written later.
type layout struct {
	plan    *Plan
	written []int // step that writes a value; -1 for the input
	read    []int // step that reads it last; outputs are read after all
	host    []int // value around, or -1
	channel []int // of the host at which the value begins
}

func newLayout(p *Plan) *layout {
	n := len(p.Values)
	l := &layout{p, make([]int, n), make([]int, n), make([]int, n), make([]int, n)}
	for v := range n {
		l.host[v] = -1
	}
	l.written[p.Input] = -1
	for i, s := range p.Steps {
		l.written[s.Out], l.read[s.Out] = i, i
		for _, v := range s.In {
			l.read[v] = i
		}
	}
	for _, v := range p.Outputs {
		l.read[v] = len(p.Steps)
	}
	return l
}

// nest puts the inputs of concatenations and the bases of sums inside what is
// made of them, wherever nothing is lost by it.
func (l *layout) nest(concats bool) {
	for _, s := range l.plan.Steps {
		if base, ok := s.base(); ok {
			l.put(base, s.Out, 0)
		}
		if _, ok := s.Op.(Concat); !ok || !concats {
			continue
		}
		channel := 0
		for _, v := range s.In {
			// Tensors of one channel can't have pixels further apart.
			if in := l.plan.Values[v]; in.C > 1 || in.H*in.W == 1 {
				l.put(v, s.Out, channel)
			}
			channel += l.plan.Values[v].C
		}
	}
}

// base returns the value to which the step adds, if it accumulates.
func (s Step) base() (value int, ok bool) {
	if conv, is := s.Op.(Conv); is && conv.Accumulate {
		return s.In[1], true
	}
	return 0, false
}

// put lays a value inside another if that is sound. The input is filled from
// outside, which expects it compact.
func (l *layout) put(v, host, channel int) {
	if v == l.plan.Input || l.host[v] >= 0 {
		return
	}
	l.host[v], l.channel[v] = host, channel
	if !l.sound(v) {
		l.host[v], l.channel[v] = -1, 0
	}
}

// sound says whether nothing inside a value is needed once a sum has been
// written over it. A concatenation writes what is there already.
func (l *layout) sound(v int) bool {
	for guest := v; l.host[guest] >= 0; guest = l.host[guest] {
		i := l.written[l.host[guest]]
		s := l.plan.Steps[i]
		if _, sum := s.base(); !sum {
			continue
		}
		for u := range l.plan.Values {
			asBase := u == guest && s.In[0] != u // read where it is overwritten, value by value
			if l.within(u, v) && (l.read[u] > i || l.read[u] == i && !asBase) {
				return false
			}
		}
	}
	return true
}

// within says whether u is v or lies inside it.
func (l *layout) within(u, v int) bool {
	for u != v && u >= 0 {
		u = l.host[u]
	}
	return u == v
}

// root returns the value around v that lies inside no other, and the channel of
// it at which v begins.
func (l *layout) root(v int) (root, channel int) {
	for ; l.host[v] >= 0; v = l.host[v] {
		channel += l.channel[v]
	}
	return v, channel
}
