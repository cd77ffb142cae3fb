package cache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"sort"
)

// bbolt trusts its pages. One flipped byte can lead it in circles until memory
// ends, or have it free four billion pages, and no recover stops that. So what it
// is going to meet is looked at here first.

// The layout of bbolt's file, version 2. Numbers have the machine's byte order.
const (
	boltMagic, boltVersion = 0xED0CDAED, 2

	pageHead    = 16 // id uint64 · kind uint16 · elements uint16 · further pages uint32
	elementHead = 16
	bucketHead  = 16 // page uint64 · sequence uint64

	branchPage, leafPage, freelistPage = 0x01, 0x02, 0x10

	inBucket = 0x01 // an element that is a bucket

	// A tree of 2⁶⁴ pages with two children each has no more levels.
	mostLevels = 64
)

var order = binary.NativeEndian

// pages are those of a file to which nobody writes meanwhile.
type pages struct {
	file     io.ReaderAt
	size     uint64 // bytes of each
	count    uint64 // pages that are in use or free
	root     uint64 // of the bucket of buckets
	freelist uint64
	buffer   []byte // of the page that was loaded last
}

// A page is a branch, whose elements lead to other pages, or a leaf.
type page struct {
	branch   bool
	elements int
	further  uint64 // pages that belong to it
	bytes    []byte // of the page itself
}

// openPages reads where all begins: the younger of two copies that are whole.
func openPages(f *os.File) (*pages, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	first, size := readMeta(f, 0)
	best := first
	if first == nil { // then the second tells how large pages are
		for size = 1 << 10; size <= 1<<25 && best == nil; size *= 2 {
			best, _ = readMeta(f, size)
		}
	} else if second, _ := readMeta(f, size); second != nil && second.version > first.version {
		best = second
	}
	if best == nil {
		return nil, errors.New("want a file of bbolt, got neither of its two heads")
	}
	p := &pages{file: f, size: best.size, root: best.root, freelist: best.freelist}
	p.count = min(best.pages, uint64(info.Size())/p.size)
	p.buffer = make([]byte, p.size)
	return p, nil
}

// meta is the head of the file after one of the last two transactions.
type meta struct{ size, root, freelist, pages, version uint64 }

// readMeta returns nil if there is no whole one at that place, and its page size.
func readMeta(f io.ReaderAt, at uint64) (*meta, uint64) {
	b := make([]byte, pageHead+64)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		return nil, 0
	}
	b = b[pageHead:]
	sum := fnv.New64a()
	sum.Write(b[:56])
	if order.Uint32(b) != boltMagic || order.Uint32(b[4:]) != boltVersion || order.Uint64(b[56:]) != sum.Sum64() {
		return nil, 0
	}
	m := &meta{
		size: uint64(order.Uint32(b[8:])), root: order.Uint64(b[16:]), freelist: order.Uint64(b[32:]),
		pages: order.Uint64(b[40:]), version: order.Uint64(b[48:]),
	}
	if m.size < 1<<9 || m.size > 1<<25 || m.size&(m.size-1) != 0 || at != 0 && at != m.size {
		return nil, 0
	}
	return m, m.size
}

// load reads a page and checks that all in it stays within it. The page lives
// until the next one is loaded.
func (p *pages) load(id uint64) (*page, error) {
	kind, elements, further, err := p.head(id)
	if err != nil {
		return nil, err
	}
	if kind != branchPage && kind != leafPage || kind == branchPage && further > 0 {
		return nil, fmt.Errorf("page %d: want a branch or a leaf, got kind %#x of %d pages", id, kind, 1+further)
	}
	if _, err := p.file.ReadAt(p.buffer, int64(id*p.size)); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	g := &page{kind == branchPage, elements, further, p.buffer}
	if err := g.check(p.size*(1+further), p.count); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return g, nil
}

// head reads the head of a page.
func (p *pages) head(id uint64) (kind uint16, elements int, further uint64, err error) {
	if id < 2 || id >= p.count { // the first two are the heads
		return 0, 0, 0, fmt.Errorf("page %d: want from 2 to %d", id, p.count-1)
	}
	var b [pageHead]byte
	if _, err := p.file.ReadAt(b[:], int64(id*p.size)); err != nil {
		return 0, 0, 0, fmt.Errorf("page %d: %w", id, err)
	}
	further = uint64(order.Uint32(b[12:]))
	if got := order.Uint64(b[:]); got != id || id+further >= p.count {
		return 0, 0, 0, fmt.Errorf("page %d: want that number and an end before page %d, got %d and %d further pages", id, p.count, got, further)
	}
	return order.Uint16(b[8:]), int(order.Uint16(b[10:])), further, nil
}

// check looks at the elements. All of the page takes whole bytes.
func (g *page) check(whole, pages uint64) error {
	if pageHead+g.elements*elementHead > len(g.bytes) || g.branch && g.elements == 0 {
		return fmt.Errorf("%d elements", g.elements)
	}
	var before []byte
	for i := range g.elements {
		at := uint64(pageHead + i*elementHead)
		b := g.bytes[at:]
		var end uint64
		if g.branch {
			end = at + uint64(order.Uint32(b)) + uint64(order.Uint32(b[4:]))
			whole = uint64(len(g.bytes))
		} else {
			end = at + uint64(order.Uint32(b[4:])) + uint64(order.Uint32(b[8:])) + uint64(order.Uint32(b[12:]))
		}
		if end > whole {
			return fmt.Errorf("element %d: want its end at %d or before, got %d", i, whole, end)
		}
		if !g.branch {
			continue
		}
		key := g.key(i)
		if i > 0 && bytes.Compare(before, key) >= 0 {
			return fmt.Errorf("element %d: want a key after %x, got %x", i, before, key)
		}
		before = key
	}
	return nil
}

// key is that of element i of a branch.
func (g *page) key(i int) []byte {
	at := pageHead + i*elementHead
	from := at + int(order.Uint32(g.bytes[at:]))
	return g.bytes[from : from+int(order.Uint32(g.bytes[at+4:]))]
}

// child is the page to which element i of a branch leads.
func (g *page) child(i int) uint64 { return order.Uint64(g.bytes[pageHead+i*elementHead+8:]) }

// checkPath looks at the pages from a root to the leaf of a key, which it returns.
// For one that is to be changed it looks also at those with which they may be
// merged, and at those of the next key.
func (p *pages) checkPath(root uint64, key []byte, change bool) (*page, error) {
	id := root
	for range mostLevels {
		g, err := p.load(id)
		if err != nil || !g.branch {
			return g, err
		}
		i := sort.Search(g.elements, func(i int) bool { return bytes.Compare(g.key(i), key) > 0 }) - 1
		i = max(i, 0)
		id = g.child(i)
		if !change {
			continue
		}
		before, after := g.child(max(i-1, 0)), g.child(min(i+1, g.elements-1))
		if _, err := p.load(before); err != nil {
			return nil, err
		}
		if _, err := p.checkPath(after, nil, false); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("page %d: more than %d levels", root, mostLevels)
}

// checkTree looks at all pages below a root, each of which must be there once.
func (p *pages) checkTree(root uint64) error { return p.walk(root, map[uint64]bool{}, nil) }

// walk looks at all pages below a root, which it adds to seen. leaf, if not nil,
// is called for each leaf.
func (p *pages) walk(id uint64, seen map[uint64]bool, leaf func(*page) error) error {
	g, err := p.load(id)
	if err != nil {
		return err
	}
	for i := range 1 + g.further {
		if seen[id+i] {
			return fmt.Errorf("page %d: there twice", id+i)
		}
		seen[id+i] = true
	}
	if !g.branch {
		if leaf != nil {
			return leaf(g)
		}
		return nil
	}
	children := make([]uint64, g.elements)
	for i := range children {
		children[i] = g.child(i)
	}
	for _, child := range children {
		if err := p.walk(child, seen, leaf); err != nil {
			return err
		}
	}
	return nil
}

// bucket returns what a leaf says of a bucket, nil if it is not there.
func (g *page) bucket(name []byte) ([]byte, error) {
	for i := range g.elements {
		at := pageHead + i*elementHead
		b := g.bytes[at:]
		from := uint64(at) + uint64(order.Uint32(b[4:]))
		middle := from + uint64(order.Uint32(b[8:]))
		end := middle + uint64(order.Uint32(b[12:]))
		if end > uint64(len(g.bytes)) {
			return nil, fmt.Errorf("bucket %d: want its end at %d or before, got %d", i, len(g.bytes), end)
		}
		if !bytes.Equal(g.bytes[from:middle], name) {
			continue
		}
		value := g.bytes[middle:end]
		if order.Uint32(b) != inBucket || len(value) < bucketHead {
			return nil, fmt.Errorf("bucket %s: want one, got kind %#x of %d bytes", name, order.Uint32(b), len(value))
		}
		return value, nil
	}
	return nil, nil
}
