package jpeg

import (
	"slices"

	"github.com/cairnml/cairn/internal/kernel/pixel"
)

// dcWeights weigh the DC coefficients of a block and of two neighbours on every
// side.
type dcWeights [5][5]int

// wideKernels estimate the first 10 coefficients, in the order of the file, of
// components of which only DC is known.
var wideKernels = [10]dcWeights{
	{{-2, -6, -8, -6, -2}, {-6, 6, 42, 6, -6}, {-8, 42, 152, 42, -8}, {-6, 6, 42, 6, -6}, {-2, -6, -8, -6, -2}},
	{{-1, -1, 0, 1, 1}, {-3, 13, 0, -13, 3}, {-3, 38, 0, -38, 3}, {-3, 13, 0, -13, 3}, {-1, -1, 0, 1, 1}},
	{{-1, -3, -3, -3, -1}, {-1, 13, 38, 13, -1}, {}, {1, -13, -38, -13, 1}, {1, 3, 3, 3, 1}},
	{{0, 0, 1, 0, 0}, {0, 2, 7, 2, 0}, {0, -5, -14, -5, 0}, {0, 2, 7, 2, 0}, {0, 0, 1, 0, 0}},
	{{-1, 0, 0, 0, 1}, {0, 9, 0, -9, 0}, {}, {0, -9, 0, 9, 0}, {1, 0, 0, 0, -1}},
	{{}, {0, 2, -5, 2, 0}, {1, 7, -14, 7, 1}, {0, 2, -5, 2, 0}, {}},
	{{}, {0, 1, 0, -1, 0}, {0, 2, 0, -2, 0}, {0, 1, 0, -1, 0}, {}},
	{{}, {0, 1, -3, 1, 0}, {}, {0, -1, 3, -1, 0}, {}},
	{{}, {0, 1, 0, -1, 0}, {0, -3, 0, 3, 0}, {0, 1, 0, -1, 0}, {}},
	{{}, {0, 1, 2, 1, 0}, {}, {0, -1, -2, -1, 0}, {}},
}

// narrowKernels estimate coefficients 1 to 5 where others are known.
var narrowKernels = [6]dcWeights{
	1: {2: {-7, 50, 0, -50, 7}},
	2: {{0, 0, -7, 0, 0}, {0, 0, 50, 0, 0}, {}, {0, 0, -50, 0, 0}, {0, 0, 7, 0, 0}},
	3: {{0, 0, -1, 0, 0}, {0, 0, 13, 0, 0}, {0, 0, -24, 0, 0}, {0, 0, 13, 0, 0}, {0, 0, -1, 0, 0}},
	4: {{0, -1, 0, 1, 0}, {-1, 10, 0, -10, 1}, {}, {1, -10, 0, 10, -1}, {0, 1, 0, -1, 0}},
	5: {2: {-1, 13, -24, 13, -1}},
}

// smoothing tells whether coefficients are estimated, which libjpeg does for
// progressive files that end before all bits of the first coefficients are
// known.
func (d *decoder) smoothing() bool {
	if !d.frame.progressive {
		return false
	}
	useful := false
	for i := range d.frame.components {
		c := &d.frame.components[i]
		if c.quant == nil || c.bits[0] < 0 {
			return false
		}
		for k := range wideKernels {
			if c.quant[pixel.Zigzag[k]] == 0 {
				return false
			}
			useful = useful || k > 0 && c.bits[k] != 0
			if d.scans < 2 {
				c.bitsBefore[k] = -1
			}
		}
	}
	return useful
}

// smoothRow returns row by of blocks with estimates for coefficients that are 0
// and not known to be. Rows after the last one with data know what was known a
// scan earlier.
func (c *component) smoothRow(by int, good bool, f *frame) []pixel.Block {
	bits := &c.bits
	if !good {
		bits = &c.bitsBefore
	}
	kernels := wideKernels[:]
	for k := 1; k < len(wideKernels); k++ {
		if bits[k] != -1 {
			kernels = narrowKernels[:]
		}
	}
	y := by / c.v
	rows := c.window(y, by, min((y+1)*c.v, c.bh)-y*c.v, f)
	row := slices.Clone(c.coefs[by*c.pitch:][:c.bw])
	for bx := range row {
		c.estimate(&row[bx], bx, rows, kernels, bits)
	}
	return row
}

// window returns which rows of blocks are two above to two below row by, which
// is one of n in row y of MCUs. Edges repeat, but rows of blocks that only fill
// an MCU count as neighbours, and libjpeg counts rows as if each MCU had n of
// them.
func (c *component) window(y, by, n int, f *frame) (rows [5]int) {
	i := y*n + by - y*c.v
	rows = [5]int{by, by, by, by, by}
	if i > 0 {
		rows[0], rows[1] = by-1, by-1
	}
	if i > 1 {
		rows[0] = by - 2
	}
	if i < n*f.mcuH-1 {
		rows[3], rows[4] = by+1, by+1
	}
	if i < n*f.mcuH-2 {
		rows[4] = by + 2
	}
	return rows
}

// estimate sets coefficients of a block in column bx.
func (c *component) estimate(b *pixel.Block, bx int, rows [5]int, kernels []dcWeights, bits *[64]int8) {
	var dc dcWeights
	for i, by := range rows {
		for j := range dc[i] {
			dc[i][j] = int(c.coefBlock(min(max(bx-2+j, 0), c.bw-1), by)[0])
		}
	}
	for k := range kernels {
		z := pixel.Zigzag[k]
		known := int(bits[k])
		if k > 0 && (known == 0 || b[z] != 0) {
			continue
		}
		if k == 0 && len(kernels) < len(wideKernels) {
			continue
		}
		sum := 0
		for i := range dc {
			for j, v := range dc[i] {
				sum += v * kernels[k][i][j]
			}
		}
		b[z] = int16(scaled(sum*int(c.quant[0]), int(c.quant[z]), known, k))
	}
}

// scaled is the estimate num/256 in steps of the quantiser q, rounded. If low
// bits are missing, it stays within them.
func scaled(num, q, missing, k int) int {
	v := (q<<7 + max(num, -num)) / (q << 8)
	if k > 0 && missing > 0 {
		v = min(v, 1<<missing-1)
	}
	if num < 0 {
		return -v
	}
	return v
}
