// Package fakedriver lets tests run CUDA without a GPU: a libcuda.so.1 that runs
// the kernels, compiled by g++ from the same sources, in this process. It checks
// what hardware would not: memory that was never written is NaN, and memory
// outside of allocations ends the program.
//
// It is there with the tag gpu (or cuda) and cgo, on Linux.
package fakedriver
