package kernel

// multiplyPanel adds rows×k values of A times a k×panelWidth panel b to the
// rows×cols values of c, cols ≤ panelWidth, which start anew from zero unless
// they are to be kept, and to which bias, if it is not nil, is added first:
//
//	c[r*ldc+j] = (c[r*ldc+j] + bias[j]) + a[r*lda+0]*b[0*panelWidth+j] + a[r*lda+1]*b[1*panelWidth+j] + …
//
// in that order.
func multiplyPanel(c []float32, ldc int, a []float32, lda, rows, k int, b []float32, bias *[panelWidth]float32, keep bool, cols int) {
	r := 0
	for ; cols == panelWidth && r+2 <= rows; r += 2 {
		c0, c1 := (*[panelWidth]float32)(c[r*ldc:]), (*[panelWidth]float32)(c[(r+1)*ldc:])
		start(c0, bias, keep)
		start(c1, bias, keep)
		dot2x4(c0, c1, a[r*lda:][:k], a[(r+1)*lda:][:k], b)
	}
	var row, none [panelWidth]float32 // stand for a row of c that is too narrow, and for a missing one
	for ; r < rows; r++ {
		narrow := c[r*ldc:][:cols]
		copy(row[:], narrow)
		start(&row, bias, keep)
		ar := a[r*lda:][:k]
		dot2x4(&row, &none, ar, ar, b)
		copy(narrow, row[:])
	}
}

// start prepares the row c of a tile for what is added to it.
func start(c, bias *[panelWidth]float32, keep bool) {
	switch {
	case bias == nil && !keep:
		*c = [panelWidth]float32{}
	case !keep:
		*c = *bias
	case bias != nil:
		for j := range c {
			c[j] += bias[j]
		}
	}
}

// dot2x4 adds two rows of A times a panel to the 2×4 tile c0, c1. Conversions to
// arrays take the bounds checks out of the four steps of a pass; a larger tile
// has more accumulators than there are registers.
func dot2x4(c0, c1 *[4]float32, a0, a1, b []float32) {
	c00, c01, c02, c03 := c0[0], c0[1], c0[2], c0[3]
	c10, c11, c12, c13 := c1[0], c1[1], c1[2], c1[3]
	for len(a0) >= 4 && len(a1) >= 4 && len(b) >= 16 {
		x, y, w := (*[4]float32)(a0), (*[4]float32)(a1), (*[16]float32)(b)
		{
			p, q := x[0], y[0]
			v := w[0]
			c00 += p * v
			c10 += q * v
			v = w[1]
			c01 += p * v
			c11 += q * v
			v = w[2]
			c02 += p * v
			c12 += q * v
			v = w[3]
			c03 += p * v
			c13 += q * v
		}
		{
			p, q := x[1], y[1]
			v := w[4]
			c00 += p * v
			c10 += q * v
			v = w[5]
			c01 += p * v
			c11 += q * v
			v = w[6]
			c02 += p * v
			c12 += q * v
			v = w[7]
			c03 += p * v
			c13 += q * v
		}
		{
			p, q := x[2], y[2]
			v := w[8]
			c00 += p * v
			c10 += q * v
			v = w[9]
			c01 += p * v
			c11 += q * v
			v = w[10]
			c02 += p * v
			c12 += q * v
			v = w[11]
			c03 += p * v
			c13 += q * v
		}
		{
			p, q := x[3], y[3]
			v := w[12]
			c00 += p * v
			c10 += q * v
			v = w[13]
			c01 += p * v
			c11 += q * v
			v = w[14]
			c02 += p * v
			c12 += q * v
			v = w[15]
			c03 += p * v
			c13 += q * v
		}
		a0, a1, b = a0[4:], a1[4:], b[16:]
	}
	for i, p := range a0 {
		q := a1[i]
		w := (*[4]float32)(b[4*i:])
		c00 += p * w[0]
		c01 += p * w[1]
		c02 += p * w[2]
		c03 += p * w[3]
		c10 += q * w[0]
		c11 += q * w[1]
		c12 += q * w[2]
		c13 += q * w[3]
	}
	c0[0], c0[1], c0[2], c0[3] = c00, c01, c02, c03
	c1[0], c1[1], c1[2], c1[3] = c10, c11, c12, c13
}
