package photo

import (
	"bytes"
	"encoding/binary"
)

// Tags of a TIFF directory.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamples         = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagPlanar          = 284
	tagT4Options       = 292
	tagPredictor       = 317
	tagColorMap        = 320
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagExtraSamples    = 338
	tagSampleFormat    = 339
	tagJPEGTables      = 347
)

func isTIFF(data []byte) bool {
	return bytes.HasPrefix(data, []byte("II*\x00")) || bytes.HasPrefix(data, []byte("MM\x00*"))
}

// An ifd is the first directory of a TIFF file, as far as it reaches.
type ifd struct {
	order   binary.ByteOrder
	entries map[uint16]ifdEntry
}

type ifdEntry struct {
	size int // bytes of a value, 0 if they are no whole numbers
	data []byte
}

func readIFD(data []byte) ifd {
	d := ifd{order: binary.LittleEndian, entries: make(map[uint16]ifdEntry)}
	if data[0] == 'M' {
		d.order = binary.BigEndian
	}
	at := uint64(d.order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return d
	}
	rest := data[at+2:]
	for range d.order.Uint16(data[at:]) {
		if len(rest) < 12 {
			break
		}
		tag, kind, count := d.order.Uint16(rest), d.order.Uint16(rest[2:]), uint64(d.order.Uint32(rest[4:]))
		sizes := [...]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8} // by type: byte, ASCII, short, long, rational …
		whole := [...]int{0, 1, 0, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0}
		if int(kind) < len(sizes) {
			n := count * sizes[kind]
			value := rest[8:12]
			if n > 4 {
				value = data[min(uint64(d.order.Uint32(value)), uint64(len(data))):]
			}
			if n <= uint64(len(value)) {
				d.entries[tag] = ifdEntry{whole[kind], value[:n]}
			}
		}
		rest = rest[12:]
	}
	return d
}

// numbers returns the values of a tag, nil if there are none.
func (d ifd) numbers(tag uint16) []int {
	e := d.entries[tag]
	if e.size == 0 {
		return nil
	}
	list := make([]int, len(e.data)/e.size)
	for i := range list {
		switch v := e.data[i*e.size:]; e.size {
		case 1:
			list[i] = int(v[0])
		case 2:
			list[i] = int(d.order.Uint16(v))
		default:
			list[i] = int(d.order.Uint32(v))
		}
	}
	return list
}

// number returns the first value of a tag, 0 if there is none.
func (d ifd) number(tag uint16) int { return d.numberOr(tag, 0) }

func (d ifd) numberOr(tag uint16, missing int) int {
	if list := d.numbers(tag); len(list) > 0 {
		return list[0]
	}
	return missing
}
