package photo

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestTIFFKinds decodes one row of pixels of each kind that the directory can
// ask for. Expected values are Pillow's rules, by hand.
func TestTIFFKinds(t *testing.T) {
	for name, c := range map[string]struct {
		tags   map[uint16][]uint16
		pixels string
		want   []uint8
	}{
		"white is zero":    {map[uint16][]uint16{tagBits: {8}, tagPhotometric: {0}}, "\x00\xf0", []uint8{255, 255, 255, 15, 15, 15}},
		"two bits":         {map[uint16][]uint16{tagBits: {2}, tagPhotometric: {1}}, "\x60", []uint8{85, 85, 85, 170, 170, 170}},
		"low bits first":   {map[uint16][]uint16{tagPhotometric: {1}, tagFillOrder: {2}}, "\x02", []uint8{0, 0, 0, 255, 255, 255}},
		"signed":           {map[uint16][]uint16{tagBits: {16}, tagPhotometric: {1}, tagSampleFormat: {2}}, "\xff\xff\x09\x00", []uint8{0, 0, 0, 9, 9, 9}},
		"float":            {map[uint16][]uint16{tagBits: {32}, tagPhotometric: {1}, tagSampleFormat: {3}}, "\x00\x00\xc0\x7f\x00\x00\x1c\x41", []uint8{0, 0, 0, 9, 9, 9}},
		"alpha multiplied": {map[uint16][]uint16{tagBits: {8}, tagPhotometric: {2}, tagSamples: {4}, tagExtraSamples: {1}}, "\x40\x20\x00\x80abc\x00", []uint8{127, 63, 0, 0, 0, 0}},
		"packed":           {map[uint16][]uint16{tagBits: {8}, tagPhotometric: {1}, tagCompression: {tiffPackBits}}, "\xff\x07", []uint8{7, 7, 7, 7, 7, 7}},
		"inks of 16 bits":  {map[uint16][]uint16{tagBits: {16}, tagPhotometric: {5}, tagSamples: {4}}, "\x00\x00\x00\x80\x00\xff\x00\x37\x00\x00\x00\x80\x00\xff\x00\x37", []uint8{200, 100, 0, 200, 100, 0}},
	} {
		file := tiffOf(c.tags, c.pixels)
		p, err := Decode(file, Options{MaxPixels: 2})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(p.Pix, c.want) {
			t.Errorf("%s: got %v, want %v", name, p.Pix, c.want)
		}
	}
	for name, tags := range map[string]map[uint16][]uint16{
		"CIE colours":       {tagBits: {8}, tagPhotometric: {8}, tagSamples: {3}},
		"seven samples":     {tagBits: {8}, tagPhotometric: {2}, tagSamples: {7}},
		"unequal bits":      {tagBits: {8, 8, 4}, tagPhotometric: {2}, tagSamples: {3}},
		"inks in planes":    {tagBits: {8}, tagPhotometric: {5}, tagSamples: {4}, tagPlanar: {2}},
		"unknown packing":   {tagBits: {8}, tagPhotometric: {1}, tagCompression: {34925}},
		"float differences": {tagBits: {8}, tagPhotometric: {1}, tagPredictor: {3}},
		"no rows":           {tagBits: {8}, tagPhotometric: {1}, tagRowsPerStrip: {0}},
	} {
		if _, err := Decode(tiffOf(tags, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), Options{MaxPixels: 2}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// tiffOf is a file of two pixels with these tags.
func tiffOf(tags map[uint16][]uint16, pixels string) []byte {
	all := map[uint16][]uint16{tagWidth: {2}, tagHeight: {1}}
	for tag, values := range tags {
		all[tag] = values
	}
	order := binary.LittleEndian
	const head = 8
	end := head + 2 + 12*(len(all)+1) + 4
	b := order.AppendUint32([]byte("II*\x00"), head)
	b = order.AppendUint16(b, uint16(len(all)+1))
	for tag := range uint16(400) {
		values, ok := all[tag]
		switch {
		case tag == tagStripOffsets:
			values = []uint16{uint16(end)}
		case !ok:
			continue
		}
		b = order.AppendUint16(order.AppendUint16(b, tag), 3)
		b = order.AppendUint32(b, uint32(len(values)))
		if len(values) > 2 { // beside each other, behind the pixels
			b = order.AppendUint32(b, uint32(end+len(pixels)))
			continue
		}
		b = order.AppendUint16(b, values[0])
		b = append(b, 0, 0)
	}
	b = append(append(b, 0, 0, 0, 0), pixels...)
	for _, v := range all[tagBits] {
		b = order.AppendUint16(b, v)
	}
	return b
}
