package photo

import (
	"encoding/binary"
	"testing"
)

// TestUpright turns a picture that Pillow's ImageOps.exif_transpose turns to the
// rows given here.
func TestUpright(t *testing.T) {
	const stored = "abc/def"
	for i, want := range []string{
		"abc/def", "cba/fed", "fed/cba", "def/abc", // 1 to 4
		"ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad", // 5 to 8
	} {
		p := newPicture(3, 2)
		for j, c := range "abcdef" {
			p.Pix[3*j], p.Pix[3*j+2] = uint8(c), uint8(c)
		}
		q := p.upright(i + 1)
		got := ""
		for j := 0; j < len(q.Pix); j += 3 {
			if j > 0 && j/3%q.Width == 0 {
				got += "/"
			}
			got += string(rune(q.Pix[j]))
			if q.Pix[j] != q.Pix[j+2] || q.Pix[j+1] != 0 {
				t.Errorf("orientation %d: pixels are torn apart", i+1)
			}
		}
		if got != want {
			t.Errorf("orientation %d of %s: got %s, want %s", i+1, stored, got, want)
		}
	}
}

// exif is a directory with one tag.
func exif(order binary.AppendByteOrder, head string, tag, kind uint16, count uint32, value uint16) []byte {
	b := order.AppendUint32([]byte(head), 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(order.AppendUint16(b, tag), kind)
	b = order.AppendUint32(b, count)
	return append(order.AppendUint16(b, value), 0, 0, 0, 0)
}

func TestOrientation(t *testing.T) {
	const short, byName = 3, `<rdf tiff:Orientation="3"/>`
	little, big := "II*\x00", "MM\x00*"
	for name, c := range map[string]struct {
		exif []byte
		xmp  string
		want int
	}{
		"little endian":    {exif(binary.LittleEndian, little, tagOrientation, short, 1, 6), "", 6},
		"big endian":       {append([]byte("Exif\x00\x00"), exif(binary.BigEndian, big, tagOrientation, short, 1, 8)...), byName, 8},
		"no such tag":      {exif(binary.BigEndian, big, tagWidth, short, 1, 8), byName, 3},
		"an element":       {nil, "<tiff:Orientation>5</tiff:Orientation>", 5},
		"out of range":     {exif(binary.LittleEndian, little, tagOrientation, short, 1, 9), "", 1},
		"of another type":  {exif(binary.LittleEndian, little, tagOrientation, 12, 1, 6), "", 1},
		"more than it has": {exif(binary.LittleEndian, little, tagOrientation, short, 1<<31, 6), "", 1},
		"nothing":          {nil, "", 1},
		"no directory":     {[]byte("II*\x00\xff\xff\xff\xff"), "", 1},
		"not Exif":         {[]byte("hello, world"), "", 1},
	} {
		if got := orientation(c.exif, []byte(c.xmp)); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
