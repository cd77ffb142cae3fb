// Package data holds labelled photos and the features made of them. Nothing in
// it is learned.
//
// A [Set] lists photos with their classes, from a table ([OpenCSV]) or from one
// folder per class ([OpenFolder]). [ReadImage] decodes one of them to [RGB],
// [RGB.Resize] brings it to a network's size and a [Preprocess] to its range.
// [Features] is the table that backbones make of a set; it can be split, saved
// and opened again.
//
// # Pixels
//
// Decoding follows Pillow, so that a network sees what it would see in Keras:
// formats are told by content, only the first picture of a file counts, alpha is
// dropped, an orientation noted in a JPEG is not applied. Files without loss (PNG,
// GIF, BMP, TIFF, lossless WebP) give Pillow's pixels to the bit, or an error for
// what the decoders do not know. Lossy ones are
// decoded by the standard library and golang.org/x/image, which repeat chroma
// samples where Pillow's decoders interpolate them: on photos that moves a
// channel by about 1 of 255 on average, more on hard coloured edges.
//
// Resizing by [Nearest] and the Keras modes of [Preprocess] are exact.
//
// # Errors
//
// Errors start with "data: ", name the file and, in a table, the line, and say
// what was wanted and what was got. A missing file satisfies
// errors.Is(err, fs.ErrNotExist). Any bytes may be given as a photo or a table.
package data
