//go:build !purego

package kernel

// The transforms of tiles of 2 and 4, with vectors of 16 and of 8 channels.
var (
	winogradInputs = [...]inputKernels{
		2: {winogradInput2AVX512, winogradInput2},
		4: {winogradInput4AVX512, winogradInput4},
	}
	winogradOutputs = [...]outputKernels{
		2: {winogradOutput2AVX512, winogradOutput2},
		4: {winogradOutput4AVX512, winogradOutput4},
	}
)

type inputKernels struct {
	avx512, avx2 func(v, src *float32, point, line, step, vectors int)
}

type outputKernels struct {
	avx512, avx2 func(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)
}

func (t *inputTransform) run(impl Implementation) {
	if impl == Go {
		t.runGo()
		return
	}
	size := t.tile + 2
	v, src := t.v[:(size*size-1)*t.point+t.n], t.src[:(size-1)*(t.line+t.step)+t.n]
	k, at := &winogradInputs[t.tile], wideChannels(impl, t.n)
	if at > 0 {
		k.avx512(&v[0], &src[0], t.point, t.line, t.step, at/wide)
	}
	if at < t.n {
		k.avx2(&v[at], &src[at], t.point, t.line, t.step, (t.n-at)/vector)
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
	k, at := &winogradOutputs[t.tile], wideChannels(impl, n)
	if at > 0 {
		k.avx512(&dst[0], &m[0], &t.bias[0], t.line, t.step, t.point, at/wide, flags, t.act.Max)
	}
	if at < n {
		k.avx2(&dst[at], &m[at], &t.bias[at], t.line, t.step, t.point, (n-at)/vector, flags, t.act.Max)
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

// winogradInput4 and winogradInput2 are inputTransform for tiles of 4 and of 2,
// winogradOutput4 and winogradOutput2 are outputTransform, for 8·vectors channels,
// or AVX-512's for 16·vectors.

//go:noescape
func winogradInput4(v, src *float32, point, line, step, vectors int)

//go:noescape
func winogradInput2(v, src *float32, point, line, step, vectors int)

//go:noescape
func winogradOutput4(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)

//go:noescape
func winogradOutput2(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)

//go:noescape
func winogradInput4AVX512(v, src *float32, point, line, step, vectors int)

//go:noescape
func winogradInput2AVX512(v, src *float32, point, line, step, vectors int)

//go:noescape
func winogradOutput4AVX512(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)

//go:noescape
func winogradOutput2AVX512(dst, m, bias *float32, line, step, point, vectors, flags int, limit float32)
