package jpeg

import (
	"bytes"
	"fmt"
)

// minApp is how much of a JFIF or Adobe segment Pillow reads: the name and two
// bytes.
const minApp = 7

// appMarkers is what application segments say about the picture.
type appMarkers struct {
	jfif      bool
	adobe     bool
	transform byte   // of an Adobe segment
	exif      []byte // a TIFF file
}

func (a *appMarkers) read(m byte, s []byte) error {
	switch {
	case len(s) < minApp && (m == mAPP0 && bytes.HasPrefix(s, []byte("JFIF")) || m == mAPP14 && bytes.HasPrefix(s, []byte("Adobe"))):
		return fmt.Errorf("want %d or more bytes of segment, got %q", minApp, s)
	case m == mAPP0 && len(s) >= 14 && bytes.HasPrefix(s, []byte("JFIF\x00")):
		a.jfif = true
	case m == mAPP1 && a.exif == nil && bytes.HasPrefix(s, []byte("Exif\x00\x00")):
		a.exif = s[6:]
	case m == mAPP14 && len(s) >= 12 && bytes.HasPrefix(s, []byte("Adobe")):
		a.adobe = true
		a.transform = s[11]
	}
	return nil
}

// colorModel decides what the components are, as libjpeg does.
func (a *appMarkers) colorModel(f *frame) ColorModel {
	switch len(f.components) {
	case 1:
		return Gray
	case 4:
		if a.adobe && a.transform != 0 {
			return YCCK
		}
		return CMYK
	}
	ids := [3]byte{f.components[0].id, f.components[1].id, f.components[2].id}
	switch {
	case a.jfif:
		return YCbCr
	case a.adobe && a.transform == 0, !a.adobe && ids == [3]byte{'R', 'G', 'B'}:
		return RGB
	}
	return YCbCr
}
