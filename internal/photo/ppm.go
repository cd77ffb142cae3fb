package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// ppmFile is binary grey (P5) or colour (P6) of the portable anymaps.
type ppmFile struct {
	header  Info
	samples int // of a pixel
	top     int // value of white
	pixels  []byte
}

func openPPM(data []byte) (file, error) {
	f := &ppmFile{header: Info{Format: "PPM", Mode: "L", Orientation: 1}, samples: 1}
	if data[1] == '6' {
		f.header.Mode, f.samples = "RGB", 3
	}
	rest := data[2:]
	for _, n := range []*int{&f.header.Width, &f.header.Height, &f.top} {
		var err error
		if *n, rest, err = ppmNumber(rest); err != nil {
			return nil, err
		}
	}
	if f.top < 1 || f.top > 65535 {
		return nil, fmt.Errorf("value of white: want 1 to 65535, got %d", f.top)
	}
	if f.top > 255 && f.samples == 1 {
		f.header.Mode = "I"
	}
	f.pixels = rest
	return f, nil
}

// ppmNumber takes a number and the blank after it. Comments run to the line's end.
func ppmNumber(data []byte) (n int, rest []byte, err error) {
	var token []byte
	for len(data) > 0 {
		c := data[0]
		data = data[1:]
		switch {
		case c == '#':
			for len(data) > 0 && c != '\n' && c != '\r' {
				c, data = data[0], data[1:]
			}
		case c == ' ' || '\t' <= c && c <= '\r':
			if len(token) > 0 {
				n, err = strconv.Atoi(string(token))
				return n, data, err
			}
		case len(token) == 10:
			return 0, nil, errors.New("a number of more than 10 digits")
		default:
			token = append(token, c)
		}
	}
	return 0, nil, ErrTruncated
}

func (f *ppmFile) info() Info { return f.header }

func (f *ppmFile) decode(Options) (*Picture, error) {
	p := newPicture(f.header.Width, f.header.Height)
	size := f.samples // bytes of a pixel
	unpack := f.scaled8
	switch {
	case f.top == 255 && f.samples == 3:
		unpack = picked(3, 0, 1, 2)
	case f.top == 255:
		unpack = picked(1, 0, 0, 0)
	case f.top > 255:
		size *= 2
		unpack = f.scaled16
	}
	for y := range p.Height {
		if len(f.pixels) < size*p.Width {
			return p, ErrTruncated
		}
		unpack(p.row(y), f.pixels)
		f.pixels = f.pixels[size*p.Width:]
	}
	return p, nil
}

// scaled8 stretches samples so that top becomes 255, halves to the even.
func (f *ppmFile) scaled8(dst, src []uint8) {
	for i := range dst {
		dst[i] = uint8(min(255, roundedDiv(int(src[i*f.samples/3])*255, f.top)))
	}
}

// scaled16 does the same with two bytes a sample. Grey is stretched to 65535 and
// then clipped at 255, as Pillow does with its mode I.
func (f *ppmFile) scaled16(dst, src []uint8) {
	white := 255
	if f.samples == 1 {
		white = 65535
	}
	for i := range dst {
		v := int(binary.BigEndian.Uint16(src[2*(i*f.samples/3):]))
		dst[i] = uint8(min(255, roundedDiv(v*white, f.top)))
	}
}

// roundedDiv is a/b to the nearest whole number, or the even one of two.
func roundedDiv(a, b int) int {
	q, r := a/b, a%b
	if 2*r > b || 2*r == b && q%2 == 1 {
		q++
	}
	return q
}
