// Package tarfs reads the files of a tar archive where they lie, as an [fs.FS].
// Nothing is unpacked: an index of names and places is made once, and a file is a
// section of the archive. Any bytes may be given as an archive.
package tarfs
