// Package hdf5 reads the HDF5 files that Keras writes through h5py, and writes
// the oldest kind of them, which everything reads.
//
// It knows superblocks 0 to 3; object headers 1 and 2; groups by symbol table
// and by links, compact or dense; contiguous, compact and chunked datasets with
// deflate, shuffle and fletcher32; floats and integers of either byte order; and
// attributes, of which strings of fixed and of variable length can be read.
// Anything else is an error that says what was found. Comments give sections of
// the "HDF5 File Format Specification Version 3.0".
//
// # Files that lie
//
// Nothing in a file is believed. Each size is checked against the size of the
// file before memory is taken, and what a [File] reads besides the datasets'
// values is at most twice the file's size: the structures of an honest file lie
// beside each other and are read once, whereas a cycle, or many references to
// the same bytes, run into the limit. Reading a dataset takes, besides the
// caller's slice, memory for one chunk. Errors name the object's path and the offset.
package hdf5
