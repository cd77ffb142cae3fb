package photo

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

// xmpOrientation is where an XMP packet says it, as an attribute or an element.
var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:="|>)([0-9])`)

// orientation returns what Exif data (a TIFF file without picture) say, or else
// an XMP packet: 1 to 8, 1 being upright.
func orientation(exif, xmp []byte) int {
	exif = bytes.TrimPrefix(exif, []byte("Exif\x00\x00"))
	if len(exif) >= 8 && isTIFF(exif) {
		if o := readIFD(exif).number(tagOrientation); o >= 1 {
			return upTo8(o)
		}
	}
	if m := xmpOrientation.FindSubmatch(xmp); m != nil {
		return upTo8(int(m[1][0] - '0'))
	}
	return 1
}

func upTo8(o int) int {
	if o < 1 || o > 8 {
		return 1
	}
	return o
}

// jpegOrientation looks through the segments before the first scan.
func jpegOrientation(data []byte) int {
	const app1, startOfScan, end = 0xe1, 0xda, 0xd9
	var exif, xmp []byte
	for rest := data[2:]; len(rest) >= 4; {
		if rest[0] != 0xff {
			rest = rest[1:]
			continue
		}
		marker := rest[1]
		if marker == 0xff {
			rest = rest[1:]
			continue
		}
		if marker == startOfScan || marker == end {
			break
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < 2 || 2+n > len(rest) {
			break
		}
		body := rest[4 : 2+n]
		if marker == app1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) && exif == nil {
			exif = body
		}
		if packet, ok := bytes.CutPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok && marker == app1 {
			xmp = packet
		}
		rest = rest[2+n:]
	}
	return orientation(exif, xmp)
}

// upright undoes an orientation. In 5 to 8 rows and columns are swapped; then
// columns run backwards in 2, 3, 7, 8 and rows in 3, 4, 6, 7.
func (p *Picture) upright(orientation int) *Picture {
	if orientation < 2 || orientation > 8 {
		return p
	}
	swap := orientation >= 5
	back := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	down := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	q := newPicture(p.Width, p.Height)
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
