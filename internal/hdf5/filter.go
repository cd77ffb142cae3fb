package hdf5

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// Filters that are known.
const (
	deflateFilter    = 1
	shuffleFilter    = 2
	fletcher32Filter = 3
)

const maxFilters = 32 // as in the format

// deflateRatio is the best that deflate can do.
const deflateRatio = 1032

// filter is one step that chunks went through when they were written.
type filter struct {
	id      int
	name    string
	element int // shuffle: bytes of an element
}

// parseFilters decodes a filter pipeline message, section IV.A.2.l.
func parseFilters(v *view) ([]filter, error) {
	version, n := v.u8(), v.u8()
	switch {
	case v.err != nil:
	case version == 1:
		v.skip(6)
	case version != 2:
		v.fail("want filters of version 1 or 2, got %d", version)
	}
	if n > maxFilters {
		v.fail("want at most %d filters, got %d", maxFilters, n)
	}
	var list []filter
	for range n {
		const firstNamed = 256 // version 2 names filters from there on
		f := filter{id: v.u16()}
		nameBytes := 0
		if version == 1 || f.id >= firstNamed {
			nameBytes = v.u16()
		}
		v.skip(2) // flags
		values := v.u16()
		if version == 1 {
			nameBytes += -nameBytes & 7
		}
		f.name = v.text(nameBytes)
		parameters := v.cut("filter", 4*values)
		if version == 1 && values%2 == 1 {
			v.skip(4)
		}
		if f.id == shuffleFilter && values > 0 {
			f.element = parameters.u32()
		}
		if v.err != nil {
			return nil, v.err
		}
		list = append(list, f)
	}
	return list, v.err
}

// decoder takes the filters from chunks. It keeps its memory between chunks.
type decoder struct {
	filters []filter
	bytes   int // of a chunk without filters
	spare   []byte
	source  bytes.Reader
	inflate io.ReadCloser // a zlib.Resetter, nil before the first chunk
}

// decode returns the values of a chunk from what is stored, which it may change.
// mask has a bit for each filter that was left out.
func (d *decoder) decode(b []byte, mask uint32) ([]byte, error) {
	var err error
	for i := len(d.filters) - 1; i >= 0 && err == nil; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		switch f := d.filters[i]; f.id {
		case deflateFilter:
			b, err = d.expand(b)
		case shuffleFilter:
			b = d.unshuffle(b, f.element)
		case fletcher32Filter:
			b, err = checkFletcher32(b)
		default:
			err = fmt.Errorf("filter %d %q is not supported, only deflate, shuffle and fletcher32 are", f.id, f.name)
		}
	}
	if err == nil && len(b) != d.bytes {
		err = fmt.Errorf("want a chunk of %d bytes, got %d", d.bytes, len(b))
	}
	return b, err
}

// expand undoes deflate. Its result is d.spare, so that b can be the next spare.
func (d *decoder) expand(b []byte) ([]byte, error) {
	// Fletcher's checksum may have been added before.
	most := d.bytes + 4*len(d.filters)
	if most/deflateRatio > len(b) {
		return nil, fmt.Errorf("%d bytes can't be a compressed chunk of %d", len(b), d.bytes)
	}
	d.source.Reset(b)
	var err error
	if d.inflate == nil {
		d.inflate, err = zlib.NewReader(&d.source)
	} else {
		err = d.inflate.(zlib.Resetter).Reset(&d.source, nil)
	}
	if err != nil {
		return nil, err
	}
	if cap(d.spare) < most {
		d.spare = make([]byte, most)
	}
	out := d.spare[:most]
	n, err := io.ReadFull(d.inflate, out)
	switch {
	case err == nil:
		// Reading on finds the end, and with it a wrong checksum.
		if extra, e := d.inflate.Read(make([]byte, 1)); extra > 0 {
			err = fmt.Errorf("want a chunk of %d bytes, got more", d.bytes)
		} else if e != io.EOF {
			err = e
		}
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		err = nil // shorter than most: decode looks at the length
		if _, e := d.inflate.Read(make([]byte, 1)); e != io.EOF {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	d.spare = b
	return out[:n], nil
}

// unshuffle undoes the sorting of bytes by their place in an element.
func (d *decoder) unshuffle(b []byte, element int) []byte {
	n := 0
	if element > 1 {
		n = len(b) / element
	}
	if n < 2 {
		return b
	}
	if cap(d.spare) < len(b) {
		d.spare = make([]byte, len(b))
	}
	out := d.spare[:len(b)]
	for place := range element {
		for i, v := range b[place*n : (place+1)*n] {
			out[i*element+place] = v
		}
	}
	copy(out[n*element:], b[n*element:])
	d.spare = b
	return out
}

// checkFletcher32 checks and takes away the checksum at the end.
func checkFletcher32(b []byte) ([]byte, error) {
	n := len(b) - 4
	if n < 0 {
		return nil, fmt.Errorf("fletcher32: want a checksum, got %d bytes", len(b))
	}
	want, got := binary.LittleEndian.Uint32(b[n:]), fletcher32(b[:n])
	// Old files have the bytes of each half exchanged.
	swapped := bits.ReverseBytes32(got)<<16 | bits.ReverseBytes32(got)>>16
	if want != got && want != swapped {
		return nil, fmt.Errorf("fletcher32: damaged: want %08x, got %08x", want, got)
	}
	return b[:n], nil
}
