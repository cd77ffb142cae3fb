// Package pixel has the inner loops over the bytes of photos: the inverse DCT of
// JPEG, the interpolation of chroma, the conversion to RGB, and weighted sums for
// resizing. Numbers are integers, so that plain Go and AVX2 give the same bits.
package pixel
