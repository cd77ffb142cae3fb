// Package photo decodes picture files to RGB bytes as Pillow's convert("RGB")
// does: alpha is dropped, 16-bit grey is clipped at 255, other 16-bit samples
// keep their high byte, of several pictures in a file the first one counts.
//
// Each format has a file with a reader of the header, which says size and mode
// without decoding, and a decoder that writes rows of RGB.
package photo
