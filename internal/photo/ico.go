package photo

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

// openICO opens the largest picture of an icon, of equal ones the one with the
// fewest colours: a PNG, or a BMP without file header of twice the height, whose
// lower half is a mask.
func openICO(data []byte) (file, error) {
	if len(data) < 6 {
		return nil, ErrTruncated
	}
	var best struct{ area, depth, offset int }
	for i := range int(binary.LittleEndian.Uint16(data[4:])) {
		at := 6 + 16*i
		if at+16 > len(data) {
			return nil, ErrTruncated
		}
		e := data[at:]
		width, height := (int(e[0])+255)%256+1, (int(e[1])+255)%256+1 // 0 is 256
		depth := int(binary.LittleEndian.Uint16(e[6:]))
		if depth == 0 && e[2] > 1 {
			depth = bits.Len8(e[2] - 1)
		}
		if depth == 0 {
			depth = 256
		}
		if area := width * height; area > best.area || area == best.area && depth < best.depth {
			best.area, best.depth = area, depth
			best.offset = int(binary.LittleEndian.Uint32(e[12:]))
		}
	}
	if best.area == 0 || best.offset > len(data) {
		return nil, fmt.Errorf("want a picture within the file, got one at byte %d of %d", best.offset, len(data))
	}
	if strings.HasPrefix(string(data[best.offset:min(best.offset+8, len(data))]), pngSignature) {
		f, err := openPNG(data[best.offset:])
		if err != nil {
			return nil, err
		}
		png := f.(*pngFile)
		png.header.Format = "ICO"
		return png, nil
	}
	f, err := openDIB(data, best.offset, 0)
	if err != nil {
		return nil, err
	}
	f.header.Format, f.header.Mode = "ICO", "RGBA"
	f.header.Height /= 2
	return f, nil
}
