package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// reader reads pieces of a file that hold structures, as opposed to values.
type reader struct {
	r    io.ReaderAt
	size int64 // of the file
	left int64 // how many bytes of structures may still be read
	// unchecked lets wrong checksums pass, so that fuzzing gets behind them.
	unchecked bool
}

// newReader allows twice the size: an honest file is read about once.
func newReader(r io.ReaderAt, size int64) reader {
	return reader{r: r, size: size, left: 2*size + 1<<16}
}

// fresh is a reader of the same file that has read nothing yet.
func (r *reader) fresh() *reader {
	f := newReader(r.r, r.size)
	f.unchecked = r.unchecked
	return &f
}

// charge accounts for n bytes of structures.
func (r *reader) charge(n int64) error {
	if r.left -= n; r.left < 0 {
		return fmt.Errorf("more structures than fit into a file of %d bytes: they overlap or go round in circles", r.size)
	}
	return nil
}

// within reports whether n bytes at addr lie in the file.
func (r *reader) within(addr, n uint64) bool {
	return addr <= uint64(r.size) && n <= uint64(r.size)-addr
}

// read reads n bytes at addr; what names the structure in errors.
func (r *reader) read(what string, addr, n uint64) (*view, error) {
	v := &view{what: what, at: addr, unchecked: r.unchecked}
	if addr == undefined {
		return v, fmt.Errorf("%s: no address", what)
	}
	if !r.within(addr, n) {
		return v, v.errorf("want %d bytes, the file ends at %d", n, r.size)
	}
	if err := r.charge(int64(n)); err != nil {
		return v, v.errorf("%w", err)
	}
	v.b = make([]byte, n)
	if err := readAt(r.r, v.b, addr); err != nil {
		return v, v.errorf("%w", err)
	}
	return v, nil
}

// readAt is ReadAt, whose EOF at the exact end is no error.
func readAt(r io.ReaderAt, b []byte, addr uint64) error {
	n, err := r.ReadAt(b, int64(addr))
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// undefined is the address of what is not there.
const undefined = math.MaxUint64

// view is a piece of a file, decoded from front to back. The first error stays;
// everything after it reads as zero. Numbers are little-endian.
type view struct {
	what string // names the structure in errors
	at   uint64 // offset of b in the file
	b    []byte
	pos  int
	err  error

	unchecked bool // as in reader
}

// errorf makes an error that says what is where.
func (v *view) errorf(format string, args ...any) error {
	return fmt.Errorf("%s at offset %d: %w", v.what, v.at, fmt.Errorf(format, args...))
}

// fail keeps the first error.
func (v *view) fail(format string, args ...any) {
	if v.err == nil {
		v.err = v.errorf(format, args...)
	}
}

// left is how many bytes are still to be decoded.
func (v *view) left() int {
	if v.err != nil {
		return 0
	}
	return len(v.b) - v.pos
}

// bytes takes the next n bytes, nil after an error.
func (v *view) bytes(n int) []byte {
	if v.err == nil && (n < 0 || n > len(v.b)-v.pos) {
		v.fail("want %d bytes after %d, got %d", n, v.pos, len(v.b)-v.pos)
	}
	if v.err != nil {
		return nil
	}
	v.pos += n
	return v.b[v.pos-n : v.pos : v.pos]
}

func (v *view) skip(n int) { v.bytes(n) }

// uint decodes a number of n bytes, at most 8.
func (v *view) uint(n int) uint64 {
	var whole [8]byte
	copy(whole[:], v.bytes(n))
	return binary.LittleEndian.Uint64(whole[:])
}

func (v *view) u8() int     { return int(v.uint(1)) }
func (v *view) u16() int    { return int(v.uint(2)) }
func (v *view) u32() int    { return int(v.uint(4)) }
func (v *view) u64() uint64 { return v.uint(8) }

// cut takes the next n bytes as a view of their own.
func (v *view) cut(what string, n int) *view {
	part := &view{what: what, at: v.at + uint64(v.pos)}
	part.b = v.bytes(n)
	part.err = v.err
	return part
}

// text takes a string of n bytes, which may be padded with zeros.
func (v *view) text(n int) string { return cString(v.bytes(n)) }

// cString is what comes before the first zero byte.
func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// signature checks the four letters with which structures begin, and the version
// that follows them.
func (v *view) signature(letters string, version int) {
	if got := string(v.bytes(len(letters))); v.err == nil && got != letters {
		v.fail("want signature %s, got %q", letters, got)
	}
	v.version(version)
}

// version checks a version number.
func (v *view) version(want int) {
	if got := v.u8(); v.err == nil && got != want {
		v.fail("want version %d, got %d", want, got)
	}
}

// sum checks that the view ends in the checksum of everything before.
func (v *view) sum() {
	if v.err != nil {
		return
	}
	n := len(v.b) - 4
	if n < 0 {
		v.fail("want a checksum, got %d bytes", len(v.b))
		return
	}
	if want, got := binary.LittleEndian.Uint32(v.b[n:]), lookup3(v.b[:n]); want != got && !v.unchecked {
		v.fail("damaged: want checksum %08x, got %08x", want, got)
	}
}
