// Package jpeg decodes JPEG files to the RGB bytes that Pillow gives for them,
// which reads through libjpeg-turbo with its defaults: integer inverse DCT,
// interpolated chroma, libjpeg's colour constants and rules for components, and
// block smoothing of progressive files that lack scans.
//
// Sequential (baseline and extended) and progressive Huffman files of 8 bits a
// sample are decoded, in every sampling that libjpeg takes. Arithmetic coding,
// lossless and hierarchical files and other precisions are refused.
//
// Damaged data give what libjpeg-turbo's x86 code gives, which calculates in
// 16 bits in places where whole files never overflow them.
package jpeg
