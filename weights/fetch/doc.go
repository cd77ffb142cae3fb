// Package fetch brings the weights of Keras to disk: [Weights] downloads the
// file of a backbone, checks its hash and turns it into a weight folder, once;
// after that it opens the folder. [Classes] does the same with the names of the
// 1,000 classes of ImageNet.
//
// It is apart from package weights so that programs which never download do not
// contain an HTTP client. Nothing is downloaded but by these two functions, no
// environment is read, and the client has no proxy unless the caller gives one.
//
// # On disk
//
// A folder, [Options.Dir], holds what was fetched:
//
//	resnet50v2/                 weight folder, with or without top, see package weights
//	imagenet_class_index.json   names of classes
//	.resnet50v2.lock            held by the process that fetches or imports, see [Lock]
//	NAME.h5.part, .part.json    a download that was cut off, and whose it is
//
// What has its final name is complete: its file had the expected hash, and it was
// converted and synced beside before it was renamed. A download that ends early
// goes on where it ended, even after the process was killed. Only what was fetched
// is ever replaced, by the same with top.
package fetch
