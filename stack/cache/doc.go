// Package cache keeps on disk what backbones made of photos, so that each photo
// goes through each backbone once.
//
//	c, err := cache.Open(dir, cache.Config{})
//	defer c.Close()
//	features, err := s.Extract(ctx, photos, stack.Extraction{Cache: c.For(s)})
//
// A row is found by the SHA-256 of the photo's file and the fingerprint of the
// stack's member, which changes with everything that its features depend on:
// names of files do not count, and other weights or another way of resizing never
// meet a row of before.
//
// # The file
//
// Everything is in one file, features.db, of bbolt. It is whole after a crash at
// any moment, and a batch is in it before the next one is computed: what is lost
// is the batch in flight. Every row has a checksum. A damaged row is reported, not
// used, and replaced when it was computed again; a file that is damaged beyond its
// rows is replaced by one that has the rows that are still good. Whatever
// its bytes are, reading them ends, and takes memory in proportion to the file.
//
// # Several processes
//
// Any number of processes may use the same folder at once. They read side by side
// and write in turn, a commit each; the file lock beside features.db is for the
// turn. What one has written the others find.
package cache
