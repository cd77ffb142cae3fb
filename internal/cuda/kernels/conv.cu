// Convolution in float32. A block computes rows × columns outputs, a thread 8 × fours·4
// of them, in steps of 8 of depth; while it multiplies what is in one half of shared
// memory, the next step is on its way to registers. Each output is one sum in the order of
// depth, so it has the same bits whatever the size of blocks.
#include "conv.h"

enum { STEP = 8 }; // of depth

template <int ROWS, int COLUMNS> struct ConvTile {
	alignas(16) float x[2][STEP][ROWS + 4]; // 4 more, so that writing a column meets all banks
	alignas(16) float w[2][STEP][COLUMNS];
	Source source;
};

template <int ROWS, int COLUMNS, int FOURS>
DEVICE void convolve(const ConvParams &p, long photos, float *arena, const float *__restrict__ weights) {
	constexpr int across = COLUMNS / (4 * FOURS), threads = ROWS / 8 * across;
	constexpr int xLoads = ROWS * STEP / 4 / threads;
	constexpr int wLoads = (COLUMNS * STEP / 4 + threads - 1) / threads;
	SHARED(ConvTile<ROWS SHARED_COMMA COLUMNS>, tile);

	const int t = threadIdx.x, group = blockIdx.z;
	const int rows = photos * p.y.h * p.y.w, row0 = blockIdx.x * ROWS, column0 = blockIdx.y * COLUMNS;
	const Source &s = tile.source;
	if (t == 0) tile.source = source(p);
	SYNC();

	Reader readers[xLoads];
	UNROLL
	for (int i = 0; i < xLoads; i++) readers[i] = reader(p, arena, row0 + t / 2 + i * (threads / 2), rows, group);
	Taps taps = {t % 2 * 4, 0, 0};
	settle(taps, s.in4, s.width);

	const int columns = p.columns, depth = p.depth;
	const float *w = weights + p.weights + (long)group * depth * columns;

	f4 nextX[xLoads], nextW[wLoads];
	auto fetch = [&](int from) __attribute__((always_inline)) {
		UNROLL
		for (int i = 0; i < xLoads; i++) {
			const float *at = address(s, readers[i], taps);
			nextX[i] = f4{0.f, 0.f, 0.f, 0.f};
			if (at) {
				nextX[i] = load4(at, taps.c, s.in, s.x4);
				if (s.before.scale >= 0) nextX[i] = normalize4(nextX[i], s.before, weights, group * s.in4 + taps.c);
			}
		}
		taps.c += STEP;
		settle(taps, s.in4, s.width);
		UNROLL
		for (int i = 0; i < wLoads; i++) {
			int at = t + i * threads, k = at / (COLUMNS / 4), column = column0 + at % (COLUMNS / 4) * 4;
			nextW[i] = f4{0.f, 0.f, 0.f, 0.f};
			if (k < STEP && column < columns) nextW[i] = *(const f4 *)(w + (long)(from + k) * columns + column);
		}
	};
	auto keep = [&](int half) __attribute__((always_inline)) {
		UNROLL
		for (int i = 0; i < xLoads; i++) {
			UNROLL
			for (int e = 0; e < 4; e++) tile.x[half][t % 2 * 4 + e][t / 2 + i * (threads / 2)] = nextX[i][e];
		}
		UNROLL
		for (int i = 0; i < wLoads; i++) {
			int at = t + i * threads, k = at / (COLUMNS / 4), column = at % (COLUMNS / 4) * 4;
			if (k < STEP) *(f4 *)&tile.w[half][k][column] = nextW[i];
		}
	};

	const int tx = t % across, ty = t / across;
	f4 sum[8][FOURS];
	UNROLL
	for (int i = 0; i < 8; i++) {
		UNROLL
		for (int j = 0; j < FOURS; j++) sum[i][j] = f4{0.f, 0.f, 0.f, 0.f};
	}
	fetch(0);
	keep(0);
	SYNC();
	for (int from = 0, half = 0; from < depth; from += STEP, half ^= 1) {
		bool more = from + STEP < depth;
		if (more) fetch(from + STEP);
		UNROLL_BY(2) // more would need more registers than two blocks can have
		for (int k = 0; k < STEP; k++) {
			f4 a[2], b[FOURS];
			UNROLL
			for (int i = 0; i < 2; i++) a[i] = load4_shared(&tile.x[half][k][i * (ROWS / 2) + ty * 4]);
			UNROLL
			for (int j = 0; j < FOURS; j++) b[j] = load4_shared(&tile.w[half][k][j * (COLUMNS / FOURS) + tx * 4]);
			UNROLL
			for (int i = 0; i < 8; i++) {
				UNROLL
				for (int j = 0; j < FOURS; j++) sum[i][j] += a[i / 4][i % 4] * b[j];
			}
		}
		if (more) {
			keep(half ^ 1);
			SYNC();
		}
	}
	UNROLL
	for (int i = 0; i < 8; i++) {
		int row = row0 + i / 4 * (ROWS / 2) + ty * 4 + i % 4;
		UNROLL
		for (int j = 0; j < FOURS; j++) {
			int column = column0 + j * (COLUMNS / FOURS) + tx * 4;
			if (row < rows && column < p.out) finish(p, arena, weights, row, column, group, sum[i][j]);
		}
	}
}

KERNEL(conv_128x128, ConvParams, 256, 2) { convolve<128, 128, 2>(*params, photos, arena, weights); }
KERNEL(conv_128x32, ConvParams, 128) { convolve<128, 32, 1>(*params, photos, arena, weights); }
KERNEL(conv_64x64, ConvParams, 128) { convolve<64, 64, 1>(*params, photos, arena, weights); }
KERNEL(conv_32x32, ConvParams, 32) { convolve<32, 32, 1>(*params, photos, arena, weights); }
