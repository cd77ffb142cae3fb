//go:build !purego

package kernel

func (t *inputTransform) run(impl Implementation) {
	if impl == Go {
		t.runGo()
		return
	}
	size := t.tile + 2
	v, src := t.v[:(size*size-1)*t.point+t.n], t.src[:(size-1)*(t.line+t.step)+t.n]
	if t.tile == 4 {
		winogradInput4(&v[0], &src[0], t.point, t.line, t.step, t.n/laneWidth)
	} else {
		winogradInput2(&v[0], &src[0], t.point, t.line, t.step, t.n/laneWidth)
	}
}

func (t *outputTransform) run(impl Implementation) {
	if impl == Go {
		t.runGo()
		return
	}
	size, n := t.tile+2, len(t.bias)
	dst, m := t.dst[:(t.tile-1)*(t.line+t.step)+n], t.m[:(size*size-1)*t.point+n]
	flags, all := t.act.flags()
	if t.keep {
		flags |= keepFlag
	}
	if t.tile == 4 {
		winogradOutput4(&dst[0], &m[0], &t.bias[0], t.line, t.step, t.point, n/laneWidth, flags, t.act.Max)
	} else {
		winogradOutput2(&dst[0], &m[0], &t.bias[0], t.line, t.step, t.point, n/laneWidth, flags, t.act.Max)
	}
	if all {
		return
	}
	for y := range t.tile {
		for x := range t.tile {
			t.act.apply(dst[y*t.line+x*t.step:][:n])
		}
	}
}

// winogradInput4 is inputTransform for tiles of 4 and vectors·8 channels.
//
//go:noescape
func winogradInput4(v, src *float32, point, line, step, vectors int)

// winogradInput2 is inputTransform for tiles of 2 and vectors·8 channels.
//
//go:noescape
func winogradInput2(v, src *float32, point, line, step, vectors int)

// winogradOutput4 is outputTransform for tiles of 4 and vectors·8 channels.
//
//go:noescape
func winogradOutput4(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)

// winogradOutput2 is outputTransform for tiles of 2 and vectors·8 channels.
//
//go:noescape
func winogradOutput2(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)
