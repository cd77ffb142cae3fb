package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// tiffFile is the first picture of a TIFF file, in strips or tiles.
type tiffFile struct {
	header Info
	dir    ifd
	file   []byte

	width, height int // as stored; an orientation may swap them
	samples       int // of a pixel
	bits          int // of a sample
	compression   int
	planar        bool // samples are stored plane by plane
	fileOrder     bool // low bits first
	predictor     int

	chunkWidth, chunkHeight int // of a strip or tile
	offsets, counts         []int
	unpack                  unpacker
}

// Values of tagCompression.
const (
	tiffRaw        = 1
	tiffGroup3     = 3
	tiffGroup4     = 4
	tiffLZW        = 5
	tiffJPEG       = 7
	tiffDeflate    = 8
	tiffPackBits   = 32773
	tiffOldDeflate = 32946
)

func openTIFF(data []byte) (file, error) {
	if len(data) < 8 {
		return nil, ErrTruncated
	}
	d := readIFD(data)
	f := &tiffFile{
		dir: d, file: data,
		width: d.number(tagWidth), height: d.number(tagHeight),
		samples:     d.numberOr(tagSamples, 1),
		compression: d.numberOr(tagCompression, tiffRaw),
		planar:      d.number(tagPlanar) == 2,
		fileOrder:   d.number(tagFillOrder) == 2,
		predictor:   d.numberOr(tagPredictor, 1),
	}
	o := upTo8(d.number(tagOrientation))
	f.header = Info{Format: "TIFF", Width: f.width, Height: f.height, Orientation: o}
	if o >= 5 {
		f.header.Width, f.header.Height = f.height, f.width
	}
	const maxSamples = 6 // that Pillow has modes for
	if f.samples < 1 || f.samples > maxSamples {
		return nil, fmt.Errorf("samples of a pixel: want 1 to %d, got %d", maxSamples, f.samples)
	}
	if err := f.readBits(); err != nil {
		return nil, err
	}
	if err := f.chooseMode(); err != nil {
		return nil, err
	}
	return f, f.readChunks()
}

// readBits finds the bits of a sample, which must be the same for all.
func (f *tiffFile) readBits() error {
	bits := f.dir.numbers(tagBits)
	if len(bits) == 0 {
		bits = []int{1}
	}
	bits = bits[:min(len(bits), f.samples)]
	f.bits = bits[0]
	if slices.ContainsFunc(bits, func(b int) bool { return b != f.bits }) || len(bits) != 1 && len(bits) != f.samples {
		return fmt.Errorf("bits of a sample: want the same for %d samples, got %v", f.samples, bits)
	}
	return nil
}

// readChunks finds the strips or tiles.
func (f *tiffFile) readChunks() error {
	f.chunkWidth, f.chunkHeight = f.width, min(f.dir.numberOr(tagRowsPerStrip, f.height), f.height)
	f.offsets, f.counts = f.dir.numbers(tagStripOffsets), f.dir.numbers(tagStripByteCounts)
	if f.offsets == nil {
		f.chunkWidth, f.chunkHeight = f.dir.number(tagTileWidth), f.dir.number(tagTileHeight)
		f.offsets, f.counts = f.dir.numbers(tagTileOffsets), f.dir.numbers(tagTileByteCounts)
	}
	const maxSide = 1 << 24 // so that no product of sides overflows
	if len(f.offsets) == 0 || min(f.chunkWidth, f.chunkHeight) < 1 || max(f.chunkWidth, f.chunkHeight, f.width, f.height) > maxSide {
		return fmt.Errorf("want strips or tiles, got %d of %d×%d pixels", len(f.offsets), f.chunkWidth, f.chunkHeight)
	}
	return nil
}

func (f *tiffFile) info() Info { return f.header }

func (f *tiffFile) decode(Options) (*Picture, error) {
	p := newPicture(f.width, f.height)
	if f.header.Mode == "CMYK" { // no ink where data are lacking
		fill(p.Pix, [3]uint8{255, 255, 255})
	}
	err := f.decodeChunks(p)
	// Pillow turns TIFF upright, and no other format.
	return p.upright(f.header.Orientation), err
}

func (f *tiffFile) decodeChunks(p *Picture) error {
	planes := 1
	if f.planar && f.samples > 1 {
		planes = 3
	}
	chunk := 0
	for plane := range planes {
		for y := 0; y < p.Height; y += f.chunkHeight {
			for x := 0; x < p.Width; x += f.chunkWidth {
				data, err := f.chunk(chunk)
				if err != nil {
					return err
				}
				if err := f.decodeChunk(p, data, x, y, plane); err != nil {
					return fmt.Errorf("strip or tile %d: %w", chunk, err)
				}
				chunk++
			}
		}
	}
	return nil
}

// chunk is the bytes of a strip or tile.
func (f *tiffFile) chunk(i int) ([]byte, error) {
	if i >= len(f.offsets) {
		return nil, fmt.Errorf("want more than %d strips or tiles", len(f.offsets))
	}
	if f.offsets[i] > len(f.file) {
		return nil, ErrTruncated
	}
	data := f.file[f.offsets[i]:]
	if i < len(f.counts) && f.compression != tiffRaw {
		data = data[:min(f.counts[i], len(data))]
	}
	return data, nil
}

// decodeChunk paints a strip or tile whose top left pixel is (x, y).
func (f *tiffFile) decodeChunk(p *Picture, data []byte, x, y, plane int) error {
	if f.compression == tiffJPEG {
		return f.decodeJPEGChunk(p, data, x, y)
	}
	w, h := min(f.chunkWidth, p.Width-x), min(f.chunkHeight, p.Height-y)
	samples := f.samples
	if f.planar {
		samples = 1
	}
	src, err := f.decompress(data, f.chunkWidth*samples)
	if err != nil {
		return err
	}
	row := make([]uint8, (f.chunkWidth*samples*f.bits+7)/8)
	for i := range h {
		if _, err := io.ReadFull(src, row); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return ErrTruncated
			}
			return err
		}
		if f.predictor == 2 && f.compression != tiffRaw {
			f.addUp(row, samples)
		}
		dst := p.row(y + i)[3*x : 3*(x+w)]
		if f.planar && f.samples > 1 {
			f.unpackPlane(dst, row, plane)
		} else {
			f.unpack(dst, row)
		}
	}
	if f.compression == tiffDeflate || f.compression == tiffOldDeflate {
		return checkDeflated(src)
	}
	return nil
}

// unpackPlane writes one channel of pixels.
func (f *tiffFile) unpackPlane(dst, row []uint8, plane int) {
	size := f.bits / 8
	for i := range len(dst) / 3 {
		dst[3*i+plane] = row[i*size+f.high()]
	}
}

// high is which byte of a sample of 8 or 16 bits counts.
func (f *tiffFile) high() int {
	if f.bits == 16 && f.dir.order == binary.ByteOrder(binary.LittleEndian) {
		return 1
	}
	return 0
}

// addUp undoes horizontal differences.
func (f *tiffFile) addUp(row []uint8, samples int) {
	if f.bits == 8 {
		for i := samples; i < len(row); i++ {
			row[i] += row[i-samples]
		}
		return
	}
	for i := 2 * samples; i+1 < len(row); i += 2 {
		f.dir.order.PutUint16(row[i:], f.dir.order.Uint16(row[i:])+f.dir.order.Uint16(row[i-2*samples:]))
	}
}

// errTIFFMode says that Pillow or this package knows no such pixels.
var errTIFFMode = errors.New("an unknown kind of pixels")
