package data

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/image/tiff"
)

// Tags of a TIFF directory, and what they say.
const (
	tagCompression = 259 // 2, 3, 4: fax
	tagPhotometric = 262 // 1: black is zero
	tagOrientation = 274 // 1 to 8
)

// decodeTIFF turns the picture upright, as Pillow does for TIFF (and for no
// other format), and makes up for a fault of tiff.Decode: fax data whose zero
// bits are black come out with black and white swapped.
func decodeTIFF(data []byte) (*RGB, error) {
	img, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	p := FromImage(img)
	tags := shortTags(data)
	if c := tags[tagCompression]; c >= 2 && c <= 4 && tags[tagPhotometric] == 1 {
		for i := range p.Pix {
			p.Pix[i] = ^p.Pix[i]
		}
	}
	return p.upright(tags[tagOrientation]), nil
}

// shortTags returns the 16-bit tags of the first directory, as far as it reaches.
func shortTags(data []byte) map[uint16]uint16 {
	const short = 3
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	tags := make(map[uint16]uint16)
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return tags
	}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries[2:]) == short {
			tags[order.Uint16(entries)] = order.Uint16(entries[8:])
		}
		entries = entries[12:]
	}
	return tags
}

// upright undoes an orientation of the Exif standard. In 5 to 8 rows and columns
// are swapped; then columns run backwards in 2, 3, 7, 8 and rows in 3, 4, 6, 7.
func (p *RGB) upright(orientation uint16) *RGB {
	if orientation < 2 || orientation > 8 {
		return p
	}
	swap := orientation >= 5
	back := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	down := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	q := newRGB(p.Width, p.Height)
	if swap {
		q.Width, q.Height = p.Height, p.Width
	}
	for y := range q.Height {
		for x := range q.Width {
			u, v := x, y
			if swap {
				u, v = y, x
			}
			if back {
				u = p.Width - 1 - u
			}
			if down {
				v = p.Height - 1 - v
			}
			to, from := 3*(y*q.Width+x), 3*(v*p.Width+u)
			copy(q.Pix[to:to+3], p.Pix[from:from+3])
		}
	}
	return q
}
