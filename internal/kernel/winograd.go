package kernel

import "fmt"

// Winograd is [Conv2D] for 3×3 kernels of stride 1 with fewer multiplications:
// the output is computed in tiles of m×m pixels, each from (m+2)² products
// instead of 9·m², by Winograd's minimal filtering F(m×m, 3×3) for m = 4 or 2
// (see [minimalFilter]).
//
//	Y = Aᵀ · ( Σ over channels of U ⊙ (Bᵀ·d·B) ) · A,   U = G·g·Gᵀ
//
// for the (m+2)² pixels d under a tile and the kernel g of a channel. U is
// computed in float64 and rounded once. For each of the (m+2)² points of a tile the
// sum over the channels is one matrix product of all tiles with that point's
// [in, out] matrix of U.
//
// Rounding errors are about twice those of Conv2D for m = 4 and no larger for
// m = 2. A value of src that is NaN or infinite spoils all outputs of the tiles
// that it is under, and not only those whose windows hold it. An output's bits do
// not depend on the threads nor on strides.
//
// A Winograd is immutable and may be run by several goroutines at once.
type Winograd struct {
	geometry   Geometry
	tile       int // m
	in, out    int
	weights    []matrix // U of point row·(m+2) + column
	bias       []float32
	prologue   *Prologue
	accumulate bool
	act        Activation
	shared     bool // blocks of tiles are, see winogradTiling
}

// NewWinograd transforms and packs the convolution c for tiles of 4 or 2
// pixels. Its kernel is 3×3 with stride, dilation and groups of 1. Nothing of c is
// kept.
func NewWinograd(c ConvConfig, tile int) *Winograd {
	g := c.Geometry.normal()
	if !winogradFits(g, max(c.Groups, 1)) || tile != 4 && tile != 2 {
		panic(fmt.Sprintf("kernel: winograd: want a 3×3 kernel of stride, dilation and groups 1 in tiles of 4 or 2, got %+v in %d groups and tiles of %d", g, c.Groups, tile))
	}
	if c.In < 1 || c.Out < 1 {
		panic(fmt.Sprintf("kernel: winograd: want channels, got %d to %d", c.In, c.Out))
	}
	checkWeights("winograd", c.Weights, 9*c.In*c.Out, c.Bias, c.Out)
	w := &Winograd{geometry: g, tile: tile, in: c.In, out: c.Out, accumulate: c.Accumulate, act: c.Activation}
	w.weights = transformWeights(tile, c.In, c.Out, c.Weights)
	w.shared = len(w.weights)*c.In*c.Out >= sharedWeight
	w.bias = make([]float32, roundUp(c.Out, laneWidth))
	for o, b := range c.Bias {
		w.bias[o] = b + 0 // no -0, so that no sum with it is -0
	}
	checkPrologue("winograd", c.Prologue, c.In)
	w.prologue = c.Prologue.clone()
	return w
}

func winogradFits(g Geometry, groups int) bool {
	return g.Kernel == [2]int{3, 3} && g.Stride == [2]int{1, 1} && g.Dilation == [2]int{1, 1} && groups == 1
}

// Thresholds of WinogradTile, from measurements of all three ways on one and two
// threads, with weights that were not in the cache.
const (
	leastChannels = 8       // in and out: with fewer, the transforms cost more than they save
	leastTiles4   = 16      // of 4×4: with fewer, their larger weights are used too rarely
	leastTiles2   = 9       // of 2×2
	largeWeights  = 1 << 18 // in·out: as above, for fewer than manyTiles
	manyTiles     = 25      // of 4×4
)

// WinogradTile returns the tile that suits a convolution with an output of h×w
// pixels: 4, 2, or 0 where [Conv2D] is faster or must be used. It depends on the
// shapes alone, so that the same photo gives the same bits everywhere.
func WinogradTile(g Geometry, groups, in, out, h, w int) int {
	if !winogradFits(g.normal(), max(groups, 1)) || min(in, out) < leastChannels {
		return 0
	}
	direct := 9 * h * w // multiplications for each pair of channels
	tiles4, tiles2 := blocks(h, 4)*blocks(w, 4), blocks(h, 2)*blocks(w, 2)
	least := leastTiles4
	if in*out >= largeWeights {
		least = manyTiles
	}
	switch {
	case tiles4 >= least && direct > 2*36*tiles4:
		return 4
	case tiles2 >= leastTiles2 && 2*direct >= 3*16*tiles2:
		return 2
	}
	return 0
}

// Out returns the shape of the output for an input of h×w pixels.
func (w *Winograd) Out(height, width int) (h, wd, channels int) {
	h, wd = w.geometry.Out(height, width)
	return h, wd, w.out
}

// Scratch returns how many float32s Run needs for an input of h×w pixels with a
// team of that many threads.
func (w *Winograd) Scratch(threads, height, width int) int {
	oh, ow := w.geometry.Out(height, width)
	return threads * w.tiling(threads, oh, ow).scratch
}

// winogradTiling cuts an output into tiles and these, row by row, into blocks,
// whose points V and products M lie together in a part of the scratch.
//
// As a rule a block belongs to a worker, who takes it from its pixels to its pixels:
// V and M stay in the second cache. Where the weights are so large that
// every use of them is a journey through memory, blocks are larger, follow each
// other, and are shared: the workers transform some tiles each, then multiply at
// some points each, then transform back.
type winogradTiling struct {
	across, tiles     int // in a row and altogether
	perBlock, blocks  int
	inWidth, outWidth int // channels, rounded up to whole vectors
	inPoint, outPoint int // from one point to the next, in V and in M
	m, block          int // in a block's scratch: start of M, size
	lines, worker     int // in a worker's scratch, behind those of the blocks: start of the lines, size
	workers, scratch  int // start of the workers' scratch, size of all
}

const (
	laneWidth    = 8       // transforms work on vectors of this many channels
	lineWidth    = 16      // float32s of a cache line
	leastRows    = 4       // of a matrix product: with fewer, it waits for its own sums
	mostTiles    = 24      // of a block of one worker: V and M of 64 channels fit half a megabyte
	sharedTiles  = 64      // of a shared block
	sharedWeight = 1 << 20 // float32s of U, 4 MB, from which on blocks are shared
	chunkTiles   = 4       // of a shared block, that are transformed in a call
)

func (w *Winograd) tiling(threads, height, width int) winogradTiling {
	var c winogradTiling
	points := (w.tile + 2) * (w.tile + 2)
	c.inWidth, c.outWidth = roundUp(w.in, laneWidth), roundUp(w.out, laneWidth)
	c.across = blocks(width, w.tile)
	c.tiles = max(c.across*blocks(height, w.tile), 1)

	n := blocks(c.tiles, sharedTiles)
	if !w.shared {
		n = roundUp(blocks(c.tiles, mostTiles), threads) // as many for every worker
	}
	c.perBlock = max(blocks(c.tiles, n), min(c.tiles, leastRows))
	c.blocks = blocks(c.tiles, c.perBlock)

	// One line more than needed: with powers of two, the points of a tile would
	// all lie in the same few sets of the cache.
	c.inPoint = roundUp(c.perBlock*c.inWidth, lineWidth) + lineWidth
	c.outPoint = roundUp(c.perBlock*c.outWidth, lineWidth) + lineWidth
	c.m = points * c.inPoint
	c.block = c.m + points*c.outPoint
	wider := max(c.inWidth, c.outWidth)
	c.lines = points * wider
	c.worker = roundUp(2*points*wider, lineWidth)
	c.workers = c.block
	if !w.shared {
		c.workers *= threads
	}
	c.scratch = c.workers + threads*c.worker
	return c
}

func roundUp(n, unit int) int { return blocks(n, unit) * unit }

// Run computes dst [H', W', out] from src [H, W, in]. The maps must not overlap.
// Scratch holds at least Scratch(t.Threads(), H, W) values of any content.
func (w *Winograd) Run(t *Team, dst, src Map, scratch []float32) {
	src.checkShape("winograd", "src", src.H, src.W, w.in)
	oh, ow := w.geometry.Out(src.H, src.W)
	dst.checkShape("winograd", "dst", oh, ow, w.out)
	r := tiled{Winograd: w, impl: t.impl, dst: dst, src: src, winogradTiling: w.tiling(t.threads, oh, ow), scratch: scratch}
	if want := r.winogradTiling.scratch; len(scratch) < want {
		panic(fmt.Sprintf("kernel: winograd: want %d values of scratch, got %d", want, len(scratch)))
	}
	if !r.shared {
		share(t, r.blocks, r, tiled.own)
		return
	}
	for i := range r.blocks {
		r.t0, r.t1 = span(i, r.perBlock, r.tiles)
		chunks := blocks(r.t1-r.t0, chunkTiles)
		share(t, chunks, r, tiled.sharedInput)
		share(t, len(r.weights), r, tiled.sharedProduct)
		share(t, chunks, r, tiled.sharedOutput)
	}
}

// tiled is one run of a Winograd.
type tiled struct {
	*Winograd
	impl     Implementation
	dst, src Map
	winogradTiling
	scratch []float32
	t0, t1  int // the tiles of the block in work
	at      int // where its scratch starts
}

// own computes block i from src to dst.
func (r tiled) own(worker, i int) {
	r.t0, r.t1 = span(i, r.perBlock, r.tiles)
	r.at = worker * r.block
	r.inputs(worker, r.t0, r.t1)
	for p := range r.weights {
		r.product(p)
	}
	r.outputs(worker, r.t0, r.t1)
}

func (r tiled) sharedInput(worker, i int) {
	t0, t1 := span(i, chunkTiles, r.t1-r.t0)
	r.inputs(worker, r.t0+t0, r.t0+t1)
}

func (r tiled) sharedProduct(_, p int) { r.product(p) }

func (r tiled) sharedOutput(worker, i int) {
	t0, t1 := span(i, chunkTiles, r.t1-r.t0)
	r.outputs(worker, r.t0+t0, r.t0+t1)
}

// inputs transforms the pixels under the tiles [t0, t1) of the block.
func (r *tiled) inputs(worker, t0, t1 int) {
	v, patch, lines := r.scratch[r.at:][:r.m], r.patch(worker), r.linesOf(worker)
	for t := t0; t < t1; t++ {
		r.input(v[(t-r.t0)*r.inWidth:], t, patch, lines)
	}
}

// product multiplies the block's tiles at point p.
func (r *tiled) product(p int) {
	v, m := r.scratch[r.at:][:r.m], r.scratch[r.at+r.m:][:r.block-r.m]
	r.weights[p].multiply(r.impl, m[p*r.outPoint:], r.outWidth, compact(v[p*r.inPoint:], r.inWidth, r.in), r.t1-r.t0, 0, r.out, Activation{})
}

// outputs transforms the tiles [t0, t1) of the block to pixels.
func (r *tiled) outputs(worker, t0, t1 int) {
	m, patch, lines := r.scratch[r.at+r.m:][:r.block-r.m], r.patch(worker), r.linesOf(worker)
	for t := t0; t < t1; t++ {
		r.output(m[(t-r.t0)*r.outWidth:], t, patch, lines)
	}
}

// patch is a worker's place for the pixels of a tile on the border, and linesOf
// that for one transformed in one direction.
func (r *tiled) patch(worker int) []float32 {
	return r.scratch[r.workers+worker*r.worker:][:r.lines]
}

func (r *tiled) linesOf(worker int) []float32 {
	return r.scratch[r.workers+worker*r.worker+r.lines:][:r.worker-r.lines]
}

// input transforms the pixels under tile t to v.
func (r *tiled) input(v []float32, t int, patch, lines []float32) {
	size := r.tile + 2
	y, x := t/r.across*r.tile-r.geometry.Pad[0], t%r.across*r.tile-r.geometry.Pad[2]
	if r.prologue == nil && r.in == r.inWidth && y >= 0 && x >= 0 && y+size <= r.src.H && x+size <= r.src.W {
		src := r.src.Data[(y*r.src.W+x)*r.src.Stride:]
		transform := inputTransform{r.tile, v, r.inPoint, src, r.src.W * r.src.Stride, r.src.Stride, r.in, lines}
		transform.run(r.impl)
		return
	}
	patch = patch[:size*size*r.inWidth]
	x0, x1 := min(max(-x, 0), size), max(min(r.src.W-x, size), 0)
	for dy := range size {
		row := patch[dy*size*r.inWidth:][:size*r.inWidth]
		if y+dy < 0 || y+dy >= r.src.H || x0 >= x1 {
			clear(row)
			continue
		}
		clear(row[:x0*r.inWidth])
		clear(row[x1*r.inWidth:])
		if r.prologue == nil && r.in == r.inWidth && r.src.compact() {
			copy(row[x0*r.inWidth:x1*r.inWidth], r.src.Data[((y+dy)*r.src.W+x+x0)*r.src.Stride:])
			continue
		}
		for dx := x0; dx < x1; dx++ {
			r.load(row[dx*r.inWidth:][:r.inWidth], (y+dy)*r.src.W+x+dx)
		}
	}
	transform := inputTransform{r.tile, v, r.inPoint, patch, size * r.inWidth, r.inWidth, r.inWidth, lines}
	transform.run(r.impl)
}

// load copies pixel p of src after the prologue.
func (r *tiled) load(to []float32, p int) {
	n := r.in
	if q := r.prologue; q != nil {
		row := rowwise{dst: to, x: r.src.pixel(p), rows: 1, n: n, act: q.Activation}
		row.scaleShift(r.impl, q.Scale, q.Shift)
	} else {
		copy(to, r.src.pixel(p))
	}
	clear(to[n:])
}

// output transforms m to the pixels of tile t.
func (r *tiled) output(m []float32, t int, patch, lines []float32) {
	y, x := t/r.across*r.tile, t%r.across*r.tile
	transform := outputTransform{r.tile, patch, r.tile * r.outWidth, r.outWidth, m, r.outPoint, r.bias, r.accumulate, r.act, lines}
	if r.out == r.outWidth && y+r.tile <= r.dst.H && x+r.tile <= r.dst.W {
		transform.dst = r.dst.Data[(y*r.dst.W+x)*r.dst.Stride:]
		transform.line, transform.step = r.dst.W*r.dst.Stride, r.dst.Stride
		transform.run(r.impl)
		return
	}
	if r.accumulate {
		r.move(y, x, patch, func(pixel, patch []float32) { copy(patch, pixel) })
	}
	transform.run(r.impl)
	r.move(y, x, patch, func(pixel, patch []float32) { copy(pixel, patch) })
}

// move copies the pixels of dst from (y, x) on that there are of a tile.
func (r *tiled) move(y, x int, patch []float32, do func(pixel, patch []float32)) {
	for dy := range min(r.tile, r.dst.H-y) {
		for dx := range min(r.tile, r.dst.W-x) {
			do(r.dst.pixel((y+dy)*r.dst.W+x+dx), patch[(dy*r.tile+dx)*r.outWidth:])
		}
	}
}
