//go:build !purego

package kernel

// rowKernel is one of the assembly functions below.
type rowKernel func(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

// avx2 runs a kernel on all columns of whole vectors and returns what is left
// for plain Go, or nil. y and z may be missing where the kernel has none.
func (r *rowwise) avx2(run rowKernel, y, z []float32) *rowwise {
	n := r.n / vector
	if n > 0 && r.rows > 0 {
		flags, all := r.act.flags()
		r.check(y)
		run(&r.dst[0], &r.x[0], first(y), first(z), r.ldd, r.ldx, r.ldy, r.rows, n, flags, r.act.Max)
		for i := 0; i < r.rows && !all; i++ {
			r.act.apply(r.dst[i*r.ldd:][:n*vector])
		}
	}
	if r.n == n*vector {
		return nil
	}
	tail := *r
	tail.dst, tail.x, tail.n = r.dst[n*vector:], r.x[n*vector:], r.n-n*vector
	if r.y != nil {
		tail.y = r.y[n*vector:]
	}
	return &tail
}

// check lets the last row's bounds be checked before assembly touches them.
func (r *rowwise) check(y []float32) {
	last := r.rows - 1
	_, _ = r.dst[last*r.ldd+r.n-1], r.x[last*r.ldx+r.n-1]
	if y != nil {
		_ = y[last*r.ldy+r.n-1]
	}
}

func first(v []float32) *float32 {
	if len(v) == 0 {
		return nil
	}
	return &v[0]
}

func (r *rowwise) activate(impl Implementation) {
	if impl == AVX2 {
		if r = r.avx2(activateRows, nil, nil); r == nil {
			return
		}
	}
	r.activateGo()
}

func (r *rowwise) add(impl Implementation) {
	if impl == AVX2 {
		if r = r.avx2(addRows, r.y, nil); r == nil {
			return
		}
	}
	r.addGo()
}

func (r *rowwise) multiply(impl Implementation) {
	if impl == AVX2 {
		if r = r.avx2(multiplyRows, r.y, nil); r == nil {
			return
		}
	}
	r.multiplyGo()
}

func (r *rowwise) multiplyAdd(impl Implementation) {
	if impl == AVX2 {
		if r = r.avx2(multiplyAddRows, r.y, nil); r == nil {
			return
		}
	}
	r.multiplyAddGo()
}

func (r *rowwise) scaleShift(impl Implementation, scale, shift []float32) {
	if impl == AVX2 {
		left := r.avx2(scaleShiftRows, scale[:r.n], shift[:r.n])
		if left == nil {
			return
		}
		done := r.n - left.n
		r, scale, shift = left, scale[done:], shift[done:]
	}
	r.scaleShiftGo(scale, shift)
}

// The kernels set rows of 8·n values of dst to
//
//	activateRows     act(x)
//	addRows          act(x + y)
//	multiplyRows     act(x·y)
//	multiplyAddRows  act(dst + x·y)
//	scaleShiftRows   act(y·x + z), y and z one row for all

//go:noescape
func activateRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func addRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func multiplyRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func multiplyAddRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func scaleShiftRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)
