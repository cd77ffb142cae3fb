//go:build !purego

package kernel

// rowKernel is one of the assembly functions below.
type rowKernel func(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

// rowKernels are those that do the same with vectors of 16 and of 8 values.
type rowKernels struct{ avx512, avx2 rowKernel }

var (
	activateKernels   = rowKernels{activateRowsAVX512, activateRows}
	addKernels        = rowKernels{addRowsAVX512, addRows}
	multiplyKernels   = rowKernels{multiplyRowsAVX512, multiplyRows}
	scaleShiftKernels = rowKernels{scaleShiftRowsAVX512, scaleShiftRows}
)

// assembly computes all columns of whole vectors of 8, unless impl is Go, and
// returns what is left. y and z may be missing where the kernel has none.
func (r rowwise) assembly(impl Implementation, k *rowKernels, y, z []float32) (left rowwise) {
	if impl == AVX512 {
		n := wideChannels(impl, r.n)
		r = r.vectors(k.avx512, wide, y, z)
		y, z = from(y, n), from(z, n)
	}
	if impl != Go {
		r = r.vectors(k.avx2, vector, y, z)
	}
	return r
}

// vectors runs a kernel on all columns of whole vectors and returns the others.
func (r rowwise) vectors(run rowKernel, width int, y, z []float32) (left rowwise) {
	n := r.n / width
	if n > 0 && r.rows > 0 {
		flags, all := r.act.flags()
		r.check(y)
		run(&r.dst[0], &r.x[0], first(y), first(z), r.ldd, r.ldx, r.ldy, r.rows, n, flags, r.act.Max)
		for i := 0; i < r.rows && !all; i++ {
			r.act.apply(r.dst[i*r.ldd:][:n*width])
		}
	}
	n *= width
	r.dst, r.x, r.y, r.n = from(r.dst, n), from(r.x, n), from(r.y, n), r.n-n
	return r
}

func from(v []float32, n int) []float32 {
	if v == nil {
		return nil
	}
	return v[n:]
}

// check lets the last row's bounds be checked before assembly touches them.
func (r rowwise) check(y []float32) {
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
	if left := r.assembly(impl, &activateKernels, nil, nil); left.n > 0 {
		left.activateGo()
	}
}

func (r *rowwise) add(impl Implementation) {
	if left := r.assembly(impl, &addKernels, r.y, nil); left.n > 0 {
		left.addGo()
	}
}

func (r *rowwise) multiply(impl Implementation) {
	if left := r.assembly(impl, &multiplyKernels, r.y, nil); left.n > 0 {
		left.multiplyGo()
	}
}

func (r *rowwise) scaleShift(impl Implementation, scale, shift []float32) {
	scale, shift = scale[:r.n], shift[:r.n]
	if left := r.assembly(impl, &scaleShiftKernels, scale, shift); left.n > 0 {
		done := r.n - left.n
		left.scaleShiftGo(scale[done:], shift[done:])
	}
}

// The kernels set rows of 8·n, or AVX-512's of 16·n, values of dst to
//
//	activateRows     act(x)
//	addRows          act(x + y)
//	multiplyRows     act(x·y)
//	scaleShiftRows   act(y·x + z), y and z one row for all

//go:noescape
func activateRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func addRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func multiplyRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func scaleShiftRows(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func activateRowsAVX512(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func addRowsAVX512(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func multiplyRowsAVX512(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)

//go:noescape
func scaleShiftRowsAVX512(dst, x, y, z *float32, ldd, ldx, ldy, rows, n, flags int, limit float32)
