// Package npy reads and writes NumPy's .npy files, strictly: format versions
// 1.0, 2.0 and 3.0, C order, little-endian float16, float32 and float64, uint8
// and int64. Anything else is an error that says what was found, and so are
// missing and surplus bytes. [Describe] tells type and shape of any file.
//
// Reading allocates memory as data arrives, at most about twice of what was
// really there, whatever shape a header claims.
//
// A .npz file is a zip archive of such files: [Zip], [ZipWriter].
package npy
