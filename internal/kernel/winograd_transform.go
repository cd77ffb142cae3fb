package kernel

// A filter holds the matrices of a minimal filtering algorithm F(m, 3): m
// outputs y[i] = Σ g[k]·d[i+k] of a kernel of 3 from m+2 products,
//
//	y = Aᵀ·( (G·g) ⊙ (Bᵀ·d) ).
//
// The two-dimensional algorithm F(m×m, 3×3) applies each matrix to the columns
// and to the rows.
type filter struct {
	at [][]float64 // m×(m+2)
	g  [][]float64 // (m+2)×3
	bt [][]float64 // (m+2)×(m+2)
}

// minimalFilter derives F(m, 3) by Cook and Toom from m+1 finite points and ∞.
//
// The product s of two polynomials, g of degree 2 and h of degree m-1, is known
// from its values at m+1 points p[j] and its leading coefficient ("its value at
// ∞"). Values are products of the factors' values, and the coefficients follow by
// Lagrange:
//
//	s(x) = Σ over j of g(p[j])·h(p[j])·L[j](x)/L[j](p[j]) + g[2]·h[m-1]·M(x)
//	L[j](x) = Π over k≠j of (x - p[k])        M(x) = Π over k of (x - p[k])
//
// That is s = C·( (G·g) ⊙ (A·h) ), a bilinear form of g, h and the coefficients
// that s is multiplied with. Filtering is the same form with h and those exchanged
// (the transposition principle), y = Aᵀ·( (G·g) ⊙ (Cᵀ·d) ). So
//
//	Aᵀ[i][j] = p[j]^i,  1 for i = m-1 at ∞
//	G[j][k]  = p[j]^k / L[j](p[j]),  1 for k = 2 at ∞
//	Bᵀ[j]    = coefficients of L[j],  of M at ∞
//
// with the division moved to G, where it is done in float64.
func minimalFilter(points []float64) filter {
	n := len(points) + 1
	m := n - 2
	var f filter
	for i := range m {
		f.at = append(f.at, make([]float64, n))
		for j, p := range points {
			f.at[i][j] = power(p, i)
		}
	}
	f.at[m-1][n-1] = 1
	for j, p := range points {
		l, at := []float64{1}, 1.0
		for k, q := range points {
			if k != j {
				l, at = timesRoot(l, q), at*(p-q)
			}
		}
		f.g = append(f.g, []float64{1 / at, p / at, p * p / at})
		f.bt = append(f.bt, append(l, 0))
	}
	all := []float64{1}
	for _, p := range points {
		all = timesRoot(all, p)
	}
	f.g = append(f.g, []float64{0, 0, 1})
	f.bt = append(f.bt, all)
	return f
}

// timesRoot multiplies a polynomial, lowest coefficient first, by (x - root).
func timesRoot(poly []float64, root float64) []float64 {
	out := make([]float64, len(poly)+1)
	for i, c := range poly {
		out[i+1] += c
		out[i] -= root * c
	}
	return out
}

func power(p float64, n int) float64 {
	out := 1.0
	for range n {
		out *= p
	}
	return out
}

// The points of F(4, 3) are 0, ±5/8, ±3/2 and ∞. Errors are half of those with
// the textbook's ±1, ±2: the matrices' entries vary less. All entries of Aᵀ and Bᵀ
// are exact in float32, and symmetric points share half of the operations.
//
// The points of F(2, 3) are 0, ±1 and ∞.
const (
	pointA = 5.0 / 8
	pointB = 3.0 / 2

	squareA = pointA * pointA
	squareB = pointB * pointB
	cubeA   = squareA * pointA
	cubeB   = squareB * pointB
)

func filterOf(tile int) filter {
	if tile == 2 {
		return minimalFilter([]float64{0, 1, -1})
	}
	return minimalFilter([]float64{0, pointA, -pointA, pointB, -pointB})
}

// transformWeights returns the packed [in, out] matrix of every point of G·g·Gᵀ
// for weights in Keras's layout [3, 3, in, out].
func transformWeights(tile, in, out int, weights []float32) []matrix {
	g, n := filterOf(tile).g, in*out
	var columns [3][]float64 // one row of G·g
	for kx := range columns {
		columns[kx] = make([]float64, n)
	}
	u := make([]float32, n)
	var packed []matrix
	for _, row := range g {
		for kx, column := range columns {
			top, middle, bottom := weights[kx*n:][:n], weights[(3+kx)*n:][:n], weights[(6+kx)*n:][:n]
			for i := range column {
				column[i] = row[0]*float64(top[i]) + row[1]*float64(middle[i]) + row[2]*float64(bottom[i])
			}
		}
		left, middle, right := columns[0], columns[1][:n], columns[2][:n]
		for _, across := range g {
			for i := range u {
				u[i] = float32(across[0]*left[i] + across[1]*middle[i] + across[2]*right[i])
			}
			packed = append(packed, pack(in, out, u, out, 0, nil))
		}
	}
	return packed
}

// inputTransform sets, for n channels, point p = row·(tile+2) + column of Bᵀ·d·B
// at v[p*point]. Pixel (y, x) of d starts at src[y*line+x*step]. N is a multiple of
// laneWidth.
type inputTransform struct {
	tile       int
	v          []float32
	point      int
	src        []float32
	line, step int
	n          int
	lines      []float32 // scratch of (tile+2)²·n values
}

// outputTransform sets pixel (y, x) of act(dst + bias + Aᵀ·m·A) at
// dst[y*line+x*step], the previous dst only counting if it is to be kept, for as
// many channels as bias has, a multiple of laneWidth. Point p = row·(tile+2) +
// column of m starts at m[p*point].
type outputTransform struct {
	tile       int
	dst        []float32
	line, step int
	m          []float32
	point      int
	bias       []float32 // no -0
	keep       bool
	act        Activation
	lines      []float32 // scratch of (tile+2)² values a channel
}

// vectors are the channels of the pixels or points along one line of a tile.
type vectors [6][]float32

func (t *inputTransform) runGo() {
	size := t.tile + 2
	var d, o vectors
	for x := range size {
		for y := range size {
			d[y] = t.src[y*t.line+x*t.step:][:t.n]
			o[y] = t.lines[(y*size+x)*t.n:][:t.n]
		}
		inputLine(t.tile, &o, &d)
	}
	for y := range size {
		for x := range size {
			d[x] = t.lines[(y*size+x)*t.n:][:t.n]
			o[x] = t.v[(y*size+x)*t.point:][:t.n]
		}
		inputLine(t.tile, &o, &d)
	}
}

func (t *outputTransform) runGo() {
	size, n := t.tile+2, len(t.bias)
	var d, o vectors
	for x := range size {
		for y := range size {
			d[y] = t.m[(y*size+x)*t.point:][:n]
		}
		for y := range t.tile {
			o[y] = t.lines[(y*size+x)*n:][:n]
		}
		outputLine(t.tile, &o, &d)
	}
	for y := range t.tile {
		for x := range size {
			d[x] = t.lines[(y*size+x)*n:][:n]
		}
		for x := range t.tile {
			o[x] = t.lines[(t.tile*size+x)*n:][:n]
		}
		outputLine(t.tile, &o, &d)
		for x, sum := range o[:t.tile] {
			pixel := t.dst[y*t.line+x*t.step:][:n]
			add(sum, t.bias)
			if t.keep {
				add(pixel, sum)
			} else {
				copy(pixel, sum)
			}
			t.act.apply(pixel)
		}
	}
}

func inputLine(tile int, o, d *vectors) {
	if tile == 4 {
		inputLine4(o, d)
	} else {
		inputLine2(o, d)
	}
}

func outputLine(tile int, o, d *vectors) {
	if tile == 4 {
		outputLine4(o, d)
	} else {
		outputLine2(o, d)
	}
}

// inputLine4 multiplies by the Bᵀ of F(4, 3). Its rows for ±p are an even and an
// odd part, added and subtracted.
func inputLine4(o, d *vectors) {
	n := len(o[0])
	o0, o1, o2, o3, o4, o5 := o[0], o[1][:n], o[2][:n], o[3][:n], o[4][:n], o[5][:n]
	d0, d1, d2, d3, d4, d5 := d[0][:n], d[1][:n], d[2][:n], d[3][:n], d[4][:n], d[5][:n]
	for i := range o0 {
		x1, x2, x3, x4 := d1[i], d2[i], d3[i], d4[i]
		evenA, oddA := x4-squareB*x2, pointA*(x3-squareB*x1)
		evenB, oddB := x4-squareA*x2, x3-squareA*x1
		o0[i] = evenB - squareB*(x2-squareA*d0[i])
		o5[i] = (d5[i] - squareA*x3) - squareB*oddB
		oddB *= pointB
		o1[i], o2[i] = evenA+oddA, evenA-oddA
		o3[i], o4[i] = evenB+oddB, evenB-oddB
	}
}

// outputLine4 multiplies by the Aᵀ of F(4, 3).
func outputLine4(o, d *vectors) {
	n := len(o[0])
	o0, o1, o2, o3 := o[0], o[1][:n], o[2][:n], o[3][:n]
	d0, d1, d2, d3, d4, d5 := d[0][:n], d[1][:n], d[2][:n], d[3][:n], d[4][:n], d[5][:n]
	for i := range o0 {
		evenA, oddA := d1[i]+d2[i], d1[i]-d2[i]
		evenB, oddB := d3[i]+d4[i], d3[i]-d4[i]
		o0[i] = d0[i] + evenA + evenB
		o1[i] = pointA*oddA + pointB*oddB
		o2[i] = squareA*evenA + squareB*evenB
		o3[i] = cubeA*oddA + cubeB*oddB + d5[i]
	}
}

// inputLine2 multiplies by the Bᵀ of F(2, 3).
func inputLine2(o, d *vectors) {
	n := len(o[0])
	o0, o1, o2, o3 := o[0], o[1][:n], o[2][:n], o[3][:n]
	d0, d1, d2, d3 := d[0][:n], d[1][:n], d[2][:n], d[3][:n]
	for i := range o0 {
		x1, x2 := d1[i], d2[i]
		o0[i] = x2 - d0[i]
		o1[i] = x2 + x1
		o2[i] = x2 - x1
		o3[i] = d3[i] - x1
	}
}

// outputLine2 multiplies by the Aᵀ of F(2, 3).
func outputLine2(o, d *vectors) {
	n := len(o[0])
	o0, o1 := o[0], o[1][:n]
	d0, d1, d2, d3 := d[0][:n], d[1][:n], d[2][:n], d[3][:n]
	for i := range o0 {
		o0[i] = d0[i] + d1[i] + d2[i]
		o1[i] = d1[i] - d2[i] + d3[i]
	}
}

// add adds the first values of x to dst.
func add(dst, x []float32) {
	x = x[:len(dst)]
	for i, v := range x {
		dst[i] += v
	}
}
