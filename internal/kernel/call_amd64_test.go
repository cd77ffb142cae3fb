//go:build !purego

package kernel

import "testing"

// TestCallsAreShort: what the constants allow is within callWork. Transforms of
// Winograd's algorithm do one tile a call.
func TestCallsAreShort(t *testing.T) {
	for _, c := range []struct {
		name string
		work int
	}{
		{"product of AVX2", rowsACall * blockDepth * avx2Cols / vector},
		{"row of AVX2", blockDepth * panelWidth / vector},
		{"product of AVX-512", avx512RowsACall * blockDepth * panelWidth / wide},
		{"rows of a block", blockElements / vector},
	} {
		if c.work > callWork {
			t.Errorf("%s: want at most %d vectors a call, got %d", c.name, callWork, c.work)
		}
	}
}

// BenchmarkLongestCall has the calls with the most work among those of the networks
// at 331×331.
func BenchmarkLongestCall(b *testing.B) {
	m := heap(1)
	product := func(team *Team, rows, cols int) func() {
		packed := pack(blockDepth, panelWidth, m.draw(blockDepth*panelWidth), panelWidth, 0, nil)
		a, dst := compact(m.draw(rows*blockDepth), blockDepth, blockDepth), m.mapOf(rows, 1, panelWidth, 0)
		return func() { packed.multiply(team.impl, dst.Data, panelWidth, a, rows, 0, cols, Activation{}) }
	}
	for _, c := range []struct {
		name string
		of   func(team *Team) func()
	}{
		{"product of AVX2", func(team *Team) func() { return product(team, rowsACall, avx2Cols) }},
		{"product of AVX-512", func(team *Team) func() { return product(team, avx512RowsACall, panelWidth) }},
		{"rows of a block", func(team *Team) func() {
			x, dst, scale, shift := m.mapOf(64, 64, 32, 0), m.mapOf(64, 64, 32, 0), m.draw(32), m.draw(32)
			return func() { Affine(team, dst, x, scale, shift, Activation{Kind: ReLU}) }
		}},
		{"three depthwise lines", func(team *Team) func() {
			d := NewDepthwiseConv2D(same(3, 1), 32, 1, m.draw(9*32), nil, Activation{})
			x, dst := m.mapOf(3, 166, 32, 0), m.mapOf(3, 166, 32, 0)
			return func() { d.Run(team, dst, x) }
		}},
		{"transform of a tile", func(team *Team) func() {
			const n = 512
			in := inputTransform{4, m.draw(36 * n), n, m.draw(36 * n), 6 * n, n, n, nil}
			return func() { in.run(team.impl) }
		}},
		{"global average", func(team *Team) func() {
			x, dst := m.mapOf(11, 11, 2048, 0), m.mapOf(1, 1, 2048, 0)
			return func() { GlobalAverage(team, dst, x, nil) }
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			everyTeam(b, func(b *testing.B, team *Team) {
				if team.threads > 1 || team.impl == Go {
					b.SkipNow()
				}
				run := c.of(team)
				for b.Loop() {
					run()
				}
			})
		})
	}
}
