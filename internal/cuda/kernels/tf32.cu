// Convolution on tensor cores: factors rounded to TF32, sums in float32. A block computes
// rows × columns outputs, a warp 32 × 32 or 64 × 32 of them as tiles of 16 × 8, in steps
// of 16 of depth; the next step is copied to the other half of shared memory meanwhile.
// Each output is one sum in the order of depth, in eights, whatever the size of blocks.
#include "conv.h"

enum { STEP = 16 }; // of depth

template <int ROWS, int COLUMNS> struct TensorTile {
	// Rows are padded so that the eight rows and four columns, or four rows and eight
	// columns, that a warp reads at once lie in different banks.
	alignas(16) float x[2][ROWS][STEP + 4];
	alignas(16) float w[2][STEP][COLUMNS + 8];
	Source source;
};

// ACROSS and DOWN are 8 × 16 tiles of a warp.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS>
DEVICE void convolve(const ConvParams &p, long photos, float *arena, const float *__restrict__ weights) {
	constexpr int warpsAcross = COLUMNS / (ACROSS * 8), threads = ROWS / (DOWN * 16) * warpsAcross * 32;
	constexpr int xLoads = ROWS * STEP / 4 / threads, wLoads = COLUMNS * STEP / 4 / threads;
	static_assert(ROWS * STEP / 4 % threads == 0 && COLUMNS * STEP / 4 % threads == 0 && threads % 4 == 0, "loads are shared evenly");
	SHARED(TensorTile<ROWS SHARED_COMMA COLUMNS>, tile);

	const int t = threadIdx.x, group = blockIdx.z;
	const int rows = photos * p.y.h * p.y.w, row0 = blockIdx.x * ROWS, column0 = blockIdx.y * COLUMNS;
	const Source &s = tile.source;
	if (t == 0) tile.source = source(p);
	SYNC();
	const bool copies = s.before.scale < 0 && s.x4; // straight from memory to memory

	Reader readers[xLoads];
	UNROLL
	for (int i = 0; i < xLoads; i++) readers[i] = reader(p, arena, row0 + t / 4 + i * (threads / 4), rows, group);
	Taps taps = {t % 4 * 4, 0, 0};
	settle(taps, s.in4, s.width);

	const int columns = p.columns, depth = p.depth;
	const float *w = weights + p.weights + (long)group * depth * columns;

	auto fetch = [&](int from, int half) __attribute__((always_inline)) {
		UNROLL
		for (int i = 0; i < xLoads; i++) {
			const float *at = address(s, readers[i], taps);
			float *to = &tile.x[half][t / 4 + i * (threads / 4)][t % 4 * 4];
			if (copies) {
				copy_async(to, at ? at + taps.c : arena, at != nullptr);
				continue;
			}
			f4 v = {0.f, 0.f, 0.f, 0.f};
			if (at) {
				v = load4(at, taps.c, s.in, s.x4);
				if (s.before.scale >= 0) v = normalize4(v, s.before, weights, group * s.in4 + taps.c);
			}
			*(f4 *)to = v;
		}
		taps.c += STEP;
		settle(taps, s.in4, s.width);
		UNROLL
		for (int i = 0; i < wLoads; i++) {
			int at = t + i * threads, k = at / (COLUMNS / 4), column = at % (COLUMNS / 4) * 4;
			bool inside = column0 + column < columns;
			copy_async(&tile.w[half][k][column], inside ? w + (long)(from + k) * columns + column0 + column : w, inside);
		}
		commit_copies();
	};

	const int warp = t / 32, lane = t % 32, g = lane / 4, q = lane % 4;
	const int warpRow = warp / warpsAcross * (DOWN * 16), warpColumn = warp % warpsAcross * (ACROSS * 8);
	float sum[DOWN][ACROSS][4];
	UNROLL
	for (int i = 0; i < DOWN; i++) {
		UNROLL
		for (int j = 0; j < ACROSS; j++) {
			UNROLL
			for (int e = 0; e < 4; e++) sum[i][j][e] = 0.f;
		}
	}
	fetch(0, 0);
	for (int from = 0, half = 0; from < depth; from += STEP, half ^= 1) {
		wait_for_copies<0>();
		SYNC(); // the step is here, and nobody reads the other half any more
		if (from + STEP < depth) fetch(from + STEP, half ^ 1);
		UNROLL
		for (int k = 0; k < STEP; k += 8) {
			unsigned b[ACROSS][2];
			UNROLL
			for (int j = 0; j < ACROSS; j++) {
				int column = warpColumn + j * 8 + g;
				b[j][0] = float_to_bits(tile.w[half][k + q][column]); // rounded when the model was loaded
				b[j][1] = float_to_bits(tile.w[half][k + q + 4][column]);
			}
			UNROLL
			for (int i = 0; i < DOWN; i++) {
				int row = warpRow + i * 16 + g;
				unsigned a[4] = {tf32(tile.x[half][row][k + q]), tf32(tile.x[half][row + 8][k + q]),
				                 tf32(tile.x[half][row][k + q + 4]), tf32(tile.x[half][row + 8][k + q + 4])};
				UNROLL
				for (int j = 0; j < ACROSS; j++) multiply_add(sum[i][j], a, b[j]);
			}
		}
	}

	// Neighbours exchange halves through shared memory, so that four filters are written
	// at once. Each warp has a corner of its own there.
	SYNC();
	float *corner = &tile.x[0][0][0] + warp * 16 * 12;
	UNROLL
	for (int i = 0; i < DOWN; i++) {
		UNROLL
		for (int j = 0; j < ACROSS; j++) {
			warp_sync();
			corner[g * 12 + 2 * q] = sum[i][j][0];
			corner[g * 12 + 2 * q + 1] = sum[i][j][1];
			corner[(g + 8) * 12 + 2 * q] = sum[i][j][2];
			corner[(g + 8) * 12 + 2 * q + 1] = sum[i][j][3];
			warp_sync();
			int row = row0 + warpRow + i * 16 + lane / 2, column = column0 + warpColumn + j * 8 + lane % 2 * 4;
			f4 v = load4_shared(corner + lane / 2 * 12 + lane % 2 * 4);
			if (row < rows && column < p.out) finish(p, arena, weights, row, column, group, v);
		}
	}
}

KERNEL(tf32_conv_128x128, ConvParams, 256, 2) { convolve<128, 128, 4, 4>(*params, photos, arena, weights); }
KERNEL(tf32_conv_128x32, ConvParams, 128) { convolve<128, 32, 2, 4>(*params, photos, arena, weights); }
KERNEL(tf32_conv_64x64, ConvParams, 128) { convolve<64, 64, 2, 4>(*params, photos, arena, weights); }
KERNEL(tf32_conv_32x32, ConvParams, 32) { convolve<32, 32, 2, 4>(*params, photos, arena, weights); }
