// Package data holds labelled photos and the features made of them. Nothing in
// it is learned.
//
// A [Set] lists photos with their classes. An [Opener] makes it of a table, one
// folder per class, a list or an archive; [OpenCSV] and [OpenFolder] are short for
// the usual ones. Photos from elsewhere are a [Source]. [ReadImage] decodes one of them to [RGB],
// [RGB.Resize] brings it to a network's size and a [Preprocess] to its range.
// [Features] is the table that backbones make of a set; it can be split, saved
// and opened again.
//
// # Pixels
//
// Decoding and resizing give the bits of Pillow 13, so that a network sees what
// it would see in Keras: formats are told by content, only the first picture of a
// file counts, alpha is dropped, an orientation noted in a JPEG is not applied
// unless [Decoder] says so. JPEG with arithmetic coding, AVIF, HEIC and JPEG 2000
// are refused, and so are rare kinds of TIFF. docs/pixels.md has the rules.
//
// The Keras modes of [Preprocess] are exact, too. [Augmentation] draws changes for
// training.
//
// # Errors
//
// Errors start with "data: ", name the file and, in a table, the line, and say
// what was wanted and what was got. A missing file satisfies
// errors.Is(err, fs.ErrNotExist). Any bytes may be given as a photo or a table.
package data
