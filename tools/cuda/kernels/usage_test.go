package main

import "testing"

// TestBlocks compares with cudaOccMaxActiveBlocksPerMultiprocessor of NVIDIA's
// cuda_occupancy.h 12.9.
func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		architecture               string
		threads, registers, shared int
		want                       int
	}{
		{"sm_80", 256, 128, 16720, 2},
		{"sm_80", 128, 96, 10576, 5},
		{"sm_80", 128, 94, 8528, 5},
		{"sm_80", 32, 122, 4432, 16},
		{"sm_80", 256, 48, 0, 5},
		{"sm_80", 256, 33, 0, 6},
		{"sm_80", 96, 80, 0, 8},
		{"sm_80", 256, 28, 512, 8},   // by threads
		{"sm_80", 64, 255, 49152, 3}, // by shared memory
		{"sm_80", 32, 16, 6000, 23},  // by shared memory, with what the system keeps
		{"sm_80", 32, 16, 0, 32},     // by blocks
		{"sm_70", 128, 96, 10576, 5},
		{"sm_70", 64, 32, 20000, 4},   // by shared memory
		{"sm_90", 256, 128, 37968, 2}, // by registers
		{"sm_90", 1024, 64, 0, 1},     // by registers
		{"sm_90", 32, 124, 10320, 16}, // by registers
		{"sm_90", 128, 96, 19536, 5},  // by registers
	} {
		u := usage{threads: c.threads, registers: c.registers, shared: c.shared}
		if got := multiprocessors[c.architecture].blocks(u); got != c.want {
			t.Errorf("%+v on %s: want %d blocks, got %d", u, c.architecture, c.want, got)
		}
	}
}

func TestParse(t *testing.T) {
	// Of ptxas 12.9.86.
	got, err := parse(`ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'pool' for 'sm_70'
ptxas info    : Function properties for pool
    8 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 48 registers, used 0 barriers, 8 bytes cumulative stack size, 384 bytes cmem[0]
ptxas info    : Compile time = 24.908 ms
ptxas info    : Compiling entry function 'tf32_conv_32x32' for 'sm_90'
ptxas info    : Function properties for tf32_conv_32x32
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 124 registers, used 1 barriers, 10320 bytes smem
ptxas info    : Compile time = 446.183 ms
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []usage{{kernel: "pool", registers: 48, spilled: 12}, {kernel: "tf32_conv_32x32", registers: 124, shared: 10320}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("want %+v, got %+v", want, got)
	}
	if _, err := parse("ptxas info    : 0 bytes gmem\n"); err == nil {
		t.Error("no kernel: want an error")
	}
}

func TestThreadsOf(t *testing.T) {
	kernel := ".visible .entry map(\n\t.param .u64 map_param_0\n)\n.maxntid 256, 1, 1\n{"
	got, err := threadsOf(kernel)
	if err != nil || len(got) != 1 || got["map"] != 256 {
		t.Errorf("want map with 256 threads, got %v, %v", got, err)
	}
	for _, bad := range []string{"", kernel + ".visible .entry other(\n)\n{"} {
		if _, err := threadsOf(bad); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}
