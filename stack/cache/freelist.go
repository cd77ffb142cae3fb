package cache

import (
	"fmt"
	"hash/crc32"
	"io"
)

// bbolt writes over the pages that its list of free ones names. It has no
// checksum, so behind the list, where bbolt does not look, lies a seal of ours:
//
//	sealMark uint32 · CRC-32C of the list uint32
//
// It is missing after a kill between commit and seal.
const (
	sealMark = 0x5EA1F4EE
	sealSize = 8
)

// freeList returns the numbers of free pages and where in the file they end.
// There is room for a seal unless the page is full.
func (p *pages) freeList() (list []byte, end uint64, room bool, err error) {
	kind, elements, further, err := p.head(p.freelist)
	if err != nil {
		return nil, 0, false, err
	}
	n, from := uint64(elements), uint64(pageHead)
	if elements == 0xFFFF { // then the first number is that of the others
		var b [8]byte
		if _, err := p.file.ReadAt(b[:], int64(p.freelist*p.size+from)); err != nil {
			return nil, 0, false, err
		}
		n, from = order.Uint64(b[:]), from+8
	}
	whole := p.size * (1 + further)
	if kind != freelistPage || n > p.count || from+8*n > whole {
		return nil, 0, false, fmt.Errorf("page %d: want a list of free pages, got kind %#x with %d", p.freelist, kind, n)
	}
	list = make([]byte, 8*n)
	if _, err := p.file.ReadAt(list, int64(p.freelist*p.size+from)); err != nil {
		return nil, 0, false, err
	}
	return list, p.freelist*p.size + from + 8*n, from+8*n+sealSize <= whole, nil
}

// sealFreelist makes later damage to the list known.
func (p *pages) sealFreelist(f io.WriterAt) error {
	list, end, room, err := p.freeList()
	if err != nil || !room {
		return err
	}
	seal := order.AppendUint32(order.AppendUint32(nil, sealMark), crc32.Checksum(list, castagnoli))
	_, err = f.WriteAt(seal, int64(end))
	return err
}

// checkFreelist looks at the list by its seal or, where that is missing, by all
// pages that are in use.
func (p *pages) checkFreelist() error {
	list, end, room, err := p.freeList()
	if err != nil {
		return err
	}
	if room {
		var seal [sealSize]byte
		if _, err := p.file.ReadAt(seal[:], int64(end)); err != nil {
			return err
		}
		if order.Uint32(seal[:]) == sealMark {
			if want, got := order.Uint32(seal[4:]), crc32.Checksum(list, castagnoli); want != got {
				return fmt.Errorf("page %d: free pages: want CRC %08x, got %08x", p.freelist, want, got)
			}
			return nil
		}
	}
	_, _, further, err := p.head(p.freelist)
	if err != nil {
		return err
	}
	seen := map[uint64]bool{}
	for i := range 1 + further {
		seen[p.freelist+i] = true
	}
	if err := p.walkBuckets(seen); err != nil {
		return err
	}
	for i := 0; i < len(list); i += 8 {
		id := order.Uint64(list[i:])
		if id < 2 || id >= p.count || seen[id] {
			return fmt.Errorf("page %d: free pages: want some from 2 to %d that are not in use, each once, got %d", p.freelist, p.count-1, id)
		}
		seen[id] = true
	}
	return nil
}

// walkBuckets looks at all pages in use, which it adds to seen.
func (p *pages) walkBuckets(seen map[uint64]bool) error {
	var roots []uint64
	err := p.walk(p.root, seen, func(leaf *page) error {
		for _, name := range [][]byte{rowsBucket, indexBucket, membersBucket} {
			b, err := leaf.bucket(name)
			if err != nil {
				return err
			}
			if b != nil && order.Uint64(b) != 0 {
				roots = append(roots, order.Uint64(b))
			}
		}
		return nil
	})
	for _, root := range roots {
		if err == nil {
			err = p.walk(root, seen, nil)
		}
	}
	return err
}
