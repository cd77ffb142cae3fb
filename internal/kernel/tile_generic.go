package kernel

// multiplyGo is product in plain Go. Four columns of the panel at a time are
// moved together, so that the tile reads them in one stream.
func (p *product) multiplyGo() {
	for r := range p.rows {
		p.start(p.c[r*p.ldc:][:p.cols])
	}
	var columns [blockDepth * 4]float32
	k := p.runs * p.a.run
	b := columns[:4*k]
	for j := 0; j < p.cols; j += 4 {
		for i := range k {
			*(*[4]float32)(b[4*i:]) = *(*[4]float32)(p.b[i*panelWidth+j:])
		}
		p.multiplyColumns(j, b)
	}
	if p.act.Kind != Linear {
		for r := range p.rows {
			p.act.apply(p.c[r*p.ldc:][:p.cols])
		}
	}
}

// start prepares a row of c for what is added to it.
func (p *product) start(c []float32) {
	switch {
	case p.bias == nil && !p.keep:
		clear(c)
	case !p.keep:
		copy(c, p.bias[:])
	case p.bias != nil:
		for j := range c {
			c[j] += p.bias[j]
		}
	}
}

// multiplyColumns adds A times the columns [j, j+4) of the panel, which lie side
// by side in b.
func (p *product) multiplyColumns(j int, b []float32) {
	r := 0
	for ; j+4 <= p.cols && r+2 <= p.rows; r += 2 {
		c0, c1 := (*[4]float32)(p.c[r*p.ldc+j:]), (*[4]float32)(p.c[(r+1)*p.ldc+j:])
		p.multiplyRows(c0, c1, r, r+1, b)
	}
	var row, none [4]float32 // stand for a row of c that is too narrow, and for a missing one
	for ; r < p.rows; r++ {
		narrow := p.c[r*p.ldc:][:p.cols][j:min(j+4, p.cols)]
		copy(row[:], narrow)
		p.multiplyRows(&row, &none, r, r, b)
		copy(narrow, row[:])
	}
}

// multiplyRows adds the rows r0 and r1 of A times b.
func (p *product) multiplyRows(c0, c1 *[4]float32, r0, r1 int, b []float32) {
	for i := range p.runs {
		at, n := i*p.a.step, p.a.run
		dot2x4(c0, c1, p.a.data[r0*p.a.ld+at:][:n], p.a.data[r1*p.a.ld+at:][:n], b[i*n*4:])
	}
}

// dot2x4 adds two rows of A times the four columns b to the 2×4 tile c0, c1. Conversions to
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
