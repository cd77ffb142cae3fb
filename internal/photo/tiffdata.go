package photo

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"math/bits"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff/lzw"
)

// decompress returns a reader of a strip's or tile's rows of so many samples.
func (f *tiffFile) decompress(data []byte, rowSamples int) (io.Reader, error) {
	if f.fileOrder && f.compression != tiffGroup3 && f.compression != tiffGroup4 {
		data = bytes.Clone(data)
		for i, b := range data {
			data[i] = bits.Reverse8(b)
		}
	}
	r := bytes.NewReader(data)
	switch f.compression {
	case tiffRaw:
		return r, nil
	case tiffLZW:
		return lzw.NewReader(r, lzw.MSB, 8), nil
	case tiffDeflate, tiffOldDeflate:
		return zlib.NewReader(r)
	case tiffPackBits:
		return &packBits{src: data}, nil
	case tiffGroup3, tiffGroup4:
		format, order := ccitt.Group4, ccitt.MSB
		if f.compression == tiffGroup3 {
			format = ccitt.Group3
			if f.dir.number(tagT4Options)&1 != 0 {
				break // rows that depend on the one before
			}
		}
		if f.fileOrder {
			order = ccitt.LSB
		}
		if f.bits != 1 {
			break
		}
		// A black run is bits that are set, whatever the photometric interpretation.
		return ccitt.NewReader(r, order, format, rowSamples, ccitt.AutoDetectHeight, &ccitt.Options{Invert: true}), nil
	}
	return nil, fmt.Errorf("compression: want none, LZW, deflate, PackBits, JPEG or fax, got %d", f.compression)
}

// checkDeflated looks whether the checksum after the data, if it is there, is
// right. Further data are fine.
func checkDeflated(src io.Reader) error {
	var more [1]byte
	if _, err := io.ReadFull(src, more[:]); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	return nil
}

// packBits undoes runs: n from 0 to 127 is followed by n+1 bytes to copy, n from
// −127 to −1 by one byte to repeat 1−n times.
type packBits struct {
	src    []byte
	copies int
	repeat int
	value  byte
}

func (r *packBits) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		switch {
		case r.repeat > 0:
			p[n] = r.value
			n++
			r.repeat--
		case r.copies > 0:
			k := copy(p[n:], r.src[:min(r.copies, len(r.src))])
			if k == 0 {
				return n, io.ErrUnexpectedEOF
			}
			n += k
			r.copies -= k
			r.src = r.src[k:]
		case len(r.src) < 2:
			return n, io.EOF
		default:
			head := int(int8(r.src[0]))
			r.src = r.src[1:]
			if head >= 0 {
				r.copies = head + 1
			} else if head > -128 {
				r.repeat, r.value, r.src = 1-head, r.src[0], r.src[1:]
			}
		}
	}
	return n, nil
}
