package kernel

// rowwise is a simple kernel on rows of n values: row r of dst starts at
// dst[r*ldd], and so on. Dst may be x or y.
type rowwise struct {
	dst, x, y     []float32
	ldd, ldx, ldy int
	rows, n       int
	act           Activation
}

// pixels returns a kernel on the pixels [p0, p1) of dst and x.
func pixels(dst, x Map, p0, p1 int, act Activation) rowwise {
	r := rowwise{
		dst: dst.Data[p0*dst.Stride:], ldd: dst.Stride,
		x: x.Data[p0*x.Stride:], ldx: x.Stride,
		rows: p1 - p0, n: dst.C, act: act,
	}
	if dst.compact() && x.compact() {
		r.rows, r.n = 1, r.rows*r.n
	}
	return r
}

// pixels2 returns a kernel on the pixels [p0, p1) of dst, x and y.
func pixels2(dst, x, y Map, p0, p1 int, act Activation) rowwise {
	r := pixels(dst, x, p0, p1, act)
	if !y.compact() {
		r.rows, r.n = p1-p0, dst.C
	}
	r.y, r.ldy = y.Data[p0*y.Stride:], y.Stride
	return r
}

// row returns row i of dst and x.
func (r *rowwise) row(i int) (dst, x []float32) {
	return r.dst[i*r.ldd:][:r.n], r.x[i*r.ldx:][:r.n]
}

// row2 returns row i of dst, x and y.
func (r *rowwise) row2(i int) (dst, x, y []float32) {
	dst, x = r.row(i)
	return dst, x, r.y[i*r.ldy:][:r.n]
}

// scaleShiftGo sets every dst[c] to act(scale[c]·x[c] + shift[c]).
func (r *rowwise) scaleShiftGo(scale, shift []float32) {
	scale, shift = scale[:r.n], shift[:r.n]
	for i := range r.rows {
		dst, x := r.row(i)
		for c, v := range x {
			dst[c] = scale[c]*v + shift[c]
		}
		r.act.apply(dst)
	}
}

// activateGo sets dst to act(x).
func (r *rowwise) activateGo() {
	for i := range r.rows {
		dst, x := r.row(i)
		copy(dst, x)
		r.act.apply(dst)
	}
}

// addGo sets dst to act(x + y).
func (r *rowwise) addGo() {
	for i := range r.rows {
		dst, x, y := r.row2(i)
		for c, v := range x {
			dst[c] = v + y[c]
		}
		r.act.apply(dst)
	}
}

// multiplyGo sets dst to act(x·y).
func (r *rowwise) multiplyGo() {
	for i := range r.rows {
		dst, x, y := r.row2(i)
		for c, v := range x {
			dst[c] = v * y[c]
		}
		r.act.apply(dst)
	}
}
