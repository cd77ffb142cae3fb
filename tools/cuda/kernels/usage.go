package main

import (
	"fmt"
	"regexp"
	"strconv"
)

// usage is what a kernel needs of a multiprocessor.
type usage struct {
	kernel    string
	threads   int // of a block
	registers int // of a thread
	spilled   int // bytes of a thread
	shared    int // bytes of a block
}

var (
	entry  = regexp.MustCompile(`\.entry (\w+)\([^)]*\)\s*\.maxntid (\d+), 1, 1\s`)
	about  = regexp.MustCompile(`(?s)Function properties for (\w+)\n.*?(\d+) bytes spill stores, (\d+) bytes spill loads\n.*?Used (\d+) registers([^\n]*)\n`)
	shared = regexp.MustCompile(`(\d+) bytes smem`)
)

// threadsOf returns how many threads blocks of the kernels of a PTX file have.
func threadsOf(ptx string) (map[string]int, error) {
	threads := map[string]int{}
	for _, m := range entry.FindAllStringSubmatch(ptx, -1) {
		threads[m[1]], _ = strconv.Atoi(m[2])
	}
	if want := regexp.MustCompile(`\.entry `).FindAllString(ptx, -1); len(want) == 0 || len(want) != len(threads) {
		return nil, fmt.Errorf("want .maxntid N, 1, 1 after each .entry, got %d of %d", len(threads), len(want))
	}
	return threads, nil
}

// parse reads what ptxas -v prints.
func parse(out string) ([]usage, error) {
	var all []usage
	for _, m := range about.FindAllStringSubmatch(out, -1) {
		var n [3]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[2+i])
		}
		u := usage{kernel: m[1], spilled: max(n[0], n[1]), registers: n[2]}
		if s := shared.FindStringSubmatch(m[5]); s != nil {
			u.shared, _ = strconv.Atoi(s[1])
		}
		all = append(all, u)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no kernel")
	}
	return all, nil
}

// multiprocessor is what a device's multiprocessor has, by the tables of the CUDA C++
// programming guide.
type multiprocessor struct {
	maxThreads, maxBlocks int
	registers             int
	shared                int // bytes that blocks can have
	reserved              int // bytes of it for each block that the system keeps
}

var multiprocessors = map[string]multiprocessor{
	"sm_70": {2048, 32, 65536, 96 << 10, 0},
	"sm_80": {2048, 32, 65536, 164 << 10, 1 << 10},
	"sm_90": {2048, 32, 65536, 228 << 10, 1 << 10},
}

// Registers and shared memory are handed out in units, the first to a warp within one
// of the multiprocessor's parts.
const (
	warp         = 32
	registerUnit = 256
	sharedUnit   = 128
	parts        = 4
)

// blocks is how many blocks of a kernel are on a multiprocessor at a time.
func (m multiprocessor) blocks(u usage) int {
	warps := (u.threads + warp - 1) / warp
	of := roundUp(u.registers*warp, registerUnit)
	n := min(m.maxBlocks, m.maxThreads/warp/warps, m.registers/parts/of*parts/warps)
	if memory := roundUp(u.shared+m.reserved, sharedUnit); memory > 0 {
		n = min(n, m.shared/memory)
	}
	return n
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
