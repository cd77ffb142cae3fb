// Package cairn is the root of a library that stacks pre-trained image
// backbones and trains a classifier on top of them, in Go alone.
//
// The root exports nothing. Start with package [github.com/cairnml/cairn/stack],
// which sets backbones side by side and holds the whole classifier, or with the
// program in examples/dogbreed.
package cairn
