package pixel

// Columns make rows of pixels of other widths. They are for one source width and
// may be used by several goroutines.
type Columns struct {
	loops Loops
	width int // of the source, pixels
	taps  []Taps
	// What assembly takes: for each pixel the first source pixel, and weights for
	// as many groups of four from there on as any pixel needs.
	first, weights []int32
	groups         int
}

// NewColumns makes one pixel of each of the taps, which lie within width pixels.
func (l Loops) NewColumns(taps []Taps, width int) *Columns {
	c := &Columns{loops: l, width: width, taps: taps}
	if !l.avx2 {
		return c
	}
	most := 1
	for _, t := range taps {
		most = max(most, len(t.Weights))
	}
	c.groups = (most + 3) / 4
	c.first = make([]int32, len(taps))
	c.weights = make([]int32, 4*c.groups*len(taps))
	for i, t := range taps {
		c.first[i] = int32(t.First)
		copy(c.weights[4*c.groups*i:], t.Weights)
	}
	return c
}

// Weigher makes rows in one goroutine.
type Weigher struct {
	*Columns
	upper, lower []uint8 // a byte longer than rows are, which assembly overwrites
	padded       []uint8 // a source row and what assembly reads behind it
	pairs        []pixelPair
}

// NewWeigher makes room for rows.
func (c *Columns) NewWeigher() *Weigher {
	n := 3 * len(c.taps)
	w := &Weigher{Columns: c, upper: make([]uint8, n+1), lower: make([]uint8, n+1)}
	if c.loops.avx2 {
		w.padded = make([]uint8, 3*c.width+12*c.groups+16)
	} else {
		w.pairs = make([]pixelPair, c.width)
	}
	return w
}

// Weigh makes a row of each of two source rows. They are valid until the next
// call.
func (w *Weigher) Weigh(a, b []uint8) (upper, lower []uint8) {
	n := 3 * len(w.taps)
	if !w.weighFast(w.upper, a) || !w.weighFast(w.lower, b) {
		w.weighBoth(a, b)
	}
	return w.upper[:n], w.lower[:n]
}

// weighBoth makes both rows together: a 64-bit number holds a value of each, half
// a word apart, so that one product with a weight is two. Sums stay within 32
// bits with their sign, and what a negative lower one borrows from the upper one
// is given back in the end.
func (w *Weigher) weighBoth(a, b []uint8) {
	pair(w.pairs, a, b)
	for x, t := range w.taps {
		red, green, blue := int64(half<<32+half), int64(half<<32+half), int64(half<<32+half)
		pixels := w.pairs[t.First:][:len(t.Weights)]
		for i, weight := range t.Weights {
			p, w := &pixels[i], int64(weight)
			red += p[0] * w
			green += p[1] * w
			blue += p[2] * w
		}
		u, l := w.upper[3*x:3*x+3:3*x+3], w.lower[3*x:3*x+3:3*x+3]
		u[0], l[0] = clipPair(red)
		u[1], l[1] = clipPair(green)
		u[2], l[2] = clipPair(blue)
	}
}

// A pixelPair is red, green and blue of two rows.
type pixelPair [3]int64

func pair(dst []pixelPair, upper, lower []uint8) {
	upper, lower = upper[:3*len(dst)], lower[:3*len(dst)]
	for x := range dst {
		u, l := upper[3*x:3*x+3:3*x+3], lower[3*x:3*x+3:3*x+3]
		dst[x] = pixelPair{int64(u[0]) | int64(l[0])<<32, int64(u[1]) | int64(l[1])<<32, int64(u[2]) | int64(l[2])<<32}
	}
}

func clipPair(v int64) (upper, lower uint8) {
	low := int32(v)
	return clip(low), clip(int32((v - int64(low)) >> 32))
}
