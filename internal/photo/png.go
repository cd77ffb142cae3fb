package photo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngFile reads all kinds of PNG as Pillow does. Checksums count up to the first
// IDAT; rows that the data lack are black; further rows and the end of the file
// are not missed.
type pngFile struct {
	header     Info
	depth      int // bits of a sample
	pixelBits  int
	interlaced bool
	unpack     unpacker
	background [3]uint8 // of rows that are lacking
	rest       []byte   // from the first IDAT on
	animated   bool     // the file has more frames
}

// pngKinds has, by colour type and depth, Pillow's mode, the samples of a pixel
// and, where bytes are taken as they are, which.
var pngKinds = map[[2]uint8]struct {
	mode    string
	samples int
	unpack  unpacker
}{
	{0, 1}:  {"1", 1, indexed(1, greys(1, false))},
	{0, 2}:  {"L", 1, indexed(2, greys(2, false))},
	{0, 4}:  {"L", 1, indexed(4, greys(4, false))},
	{0, 8}:  {"L", 1, picked(1, 0, 0, 0)},
	{0, 16}: {"I;16", 1, clipped16(binary.BigEndian)},
	{2, 8}:  {"RGB", 3, picked(3, 0, 1, 2)},
	{2, 16}: {"RGB", 3, picked(6, 0, 2, 4)},
	{3, 1}:  {"P", 1, nil},
	{3, 2}:  {"P", 1, nil},
	{3, 4}:  {"P", 1, nil},
	{3, 8}:  {"P", 1, nil},
	{4, 8}:  {"LA", 2, picked(2, 0, 0, 0)},
	{4, 16}: {"RGBA", 2, picked(4, 0, 0, 0)},
	{6, 8}:  {"RGBA", 4, picked(4, 0, 1, 2)},
	{6, 16}: {"RGBA", 4, picked(8, 0, 2, 4)},
}

func openPNG(data []byte) (file, error) {
	f := &pngFile{header: Info{Format: "PNG", Orientation: 1}, rest: data[len(pngSignature):]}
	var colours []byte
	frames := animation{count: -1}
	for {
		before := f.rest
		name, body, err := f.chunk()
		if name == "IDAT" && f.header.Mode != "" {
			f.rest = before
			break
		}
		if err != nil {
			return nil, err
		}
		if sum := crc32.ChecksumIEEE(before[4 : 8+len(body)]); sum != binary.BigEndian.Uint32(before[8+len(body):]) {
			return nil, fmt.Errorf("chunk %s: wrong checksum", name)
		}
		switch name {
		case "IHDR":
			if err := f.readHeader(body); err != nil {
				return nil, err
			}
		case "PLTE":
			if len(body) > 3*256 {
				return nil, fmt.Errorf("palette: want at most 256 colours, got %d bytes", len(body))
			}
			colours = body
		case "acTL":
			if err := frames.read(body); err != nil {
				return nil, err
			}
		case "fcTL":
			frames.first = true
		case "IDAT", "IEND":
			return nil, errors.New("no picture")
		}
	}
	if f.unpack == nil {
		table := paletteOf(colours, 3, false)
		f.unpack, f.background = indexed(f.depth, table), table[0]
	}
	f.animated = frames.several()
	f.header.Orientation = f.orientation(data[len(pngSignature):])
	return f, nil
}

// animation is what precedes the picture of a file with frames.
type animation struct {
	count int64 // −1: none, or of two headers
	first bool  // the picture is the first frame
}

func (a *animation) read(header []byte) error {
	if len(header) < 8 {
		return fmt.Errorf("chunk acTL: want 8 bytes, got %d", len(header))
	}
	n := int64(binary.BigEndian.Uint32(header))
	switch {
	case a.count >= 0:
		a.count = -1
	case n > 0 && n <= 1<<31:
		a.count = n
	}
	return nil
}

// several tells whether frames follow the picture.
func (a *animation) several() bool { return a.count > 1 || a.count == 1 && !a.first }

// chunk takes the next chunk, checksum included, off the rest of the file.
func (f *pngFile) chunk() (name string, body []byte, err error) {
	if len(f.rest) < 8 {
		return "", nil, ErrTruncated
	}
	n := uint64(binary.BigEndian.Uint32(f.rest))
	name = string(f.rest[4:8])
	for _, c := range []byte(name) {
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_') {
			return "", nil, fmt.Errorf("want the name of a chunk, got %q", name)
		}
	}
	if n+12 > uint64(len(f.rest)) {
		body, f.rest = f.rest[8:min(8+n, uint64(len(f.rest)))], nil
		return name, body, fmt.Errorf("chunk %s: %w", name, ErrTruncated)
	}
	body, f.rest = f.rest[8:8+n], f.rest[12+n:]
	return name, body, nil
}

func (f *pngFile) readHeader(b []byte) error {
	if len(b) < 13 {
		return fmt.Errorf("header: want 13 bytes, got %d", len(b))
	}
	const maxSide = 1<<31 - 1 // PNG's own
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	kind, ok := pngKinds[[2]uint8{b[9], b[8]}]
	if !ok || b[11] != 0 || w > maxSide || h > maxSide {
		return fmt.Errorf("header: want a kind of PNG, got depth %d, colour type %d, filters %d, %d×%d pixels", b[8], b[9], b[11], w, h)
	}
	f.header.Width, f.header.Height, f.header.Mode = int(w), int(h), kind.mode
	f.depth, f.interlaced, f.unpack = int(b[8]), b[12] != 0, kind.unpack
	f.pixelBits = kind.samples * f.depth
	return nil
}

// orientation looks through all chunks, those after the picture too.
func (f *pngFile) orientation(chunks []byte) int {
	const xmp = "XML:com.adobe.xmp\x00"
	var exif, packet []byte
	walk := pngFile{rest: chunks}
	for {
		name, body, err := walk.chunk()
		if err != nil || name == "IEND" {
			return orientation(exif, packet)
		}
		switch {
		case name == "eXIf":
			exif = body
		case name == "iTXt" && bytes.HasPrefix(body, []byte(xmp)):
			packet = body
		}
	}
}

func (f *pngFile) info() Info { return f.header }

func (f *pngFile) decode(Options) (*Picture, error) {
	p := newPicture(f.header.Width, f.header.Height)
	fill(p.Pix, f.background)
	idat := &idatReader{png: f}
	z, err := zlib.NewReader(idat)
	if err != nil {
		return p, pngError(err)
	}
	rows := pngRows{src: z, pixelBits: f.pixelBits}
	if f.interlaced {
		err = f.interlacedRows(p, &rows)
	} else {
		err = f.plainRows(p, &rows)
	}
	if err != nil {
		return p, err
	}
	return p, f.readEnd(idat, z)
}

func (f *pngFile) plainRows(p *Picture, rows *pngRows) error {
	rows.start(p.Width)
	for y := range p.Height {
		row, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		f.unpack(p.row(y), row)
	}
	return nil
}

// interlacedRows reads the seven passes of Adam7.
func (f *pngFile) interlacedRows(p *Picture, rows *pngRows) error {
	passes := [7]struct{ x, y, dx, dy int }{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	}
	line := make([]uint8, 3*p.Width)
	for _, pass := range passes {
		n := (p.Width - pass.x + pass.dx - 1) / pass.dx
		if n < 1 {
			continue
		}
		rows.start(n)
		for y := pass.y; y < p.Height; y += pass.dy {
			row, err := rows.next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			f.unpack(line[:3*n], row)
			dst := p.row(y)
			for i := range n {
				at := 3 * (pass.x + i*pass.dx)
				copy(dst[at:at+3], line[3*i:3*i+3])
			}
		}
	}
	return nil
}

// readEnd looks at what follows the last row: the checksum of the data, if it is
// there, and whole chunks.
func (f *pngFile) readEnd(idat *idatReader, z io.Reader) error {
	if err := checkDeflated(z); err != nil {
		return err
	}
	for len(f.rest) >= 8 {
		before := f.rest
		name, body, err := f.chunk()
		switch {
		case name == "IEND" || name == "" || name == "fcTL" && f.animated: // the next frame
			return nil
		case err != nil && len(body) < int(binary.BigEndian.Uint32(before)) && !idat.cut:
			return err
		}
	}
	return nil
}

// idatReader reads the contents of consecutive IDAT chunks.
type idatReader struct {
	png  *pngFile
	body []byte
	cut  bool // the file ended within a chunk
}

func (r *idatReader) Read(p []byte) (int, error) {
	if len(r.body) == 0 {
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.body)
	r.body = r.body[n:]
	return n, nil
}

// ReadByte keeps package flate from buffering.
func (r *idatReader) ReadByte() (byte, error) {
	if len(r.body) == 0 {
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	b := r.body[0]
	r.body = r.body[1:]
	return b, nil
}

// advance goes to the next chunk that is not empty.
func (r *idatReader) advance() error {
	for len(r.body) == 0 {
		if r.cut || len(r.png.rest) < 8 || string(r.png.rest[4:8]) != "IDAT" {
			return io.ErrUnexpectedEOF
		}
		_, body, err := r.png.chunk()
		r.body, r.cut = body, err != nil
	}
	return nil
}

func pngError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	return err
}

// pngRows undoes the filters of rows.
type pngRows struct {
	src       io.Reader
	pixelBits int
	row, last []uint8 // filter type, then bytes
}

// start begins a pass with rows of so many pixels.
func (r *pngRows) start(width int) {
	n := 1 + (width*r.pixelBits+7)/8
	if cap(r.row) < n {
		r.row, r.last = make([]uint8, n), make([]uint8, n)
	}
	r.row, r.last = r.row[:n], r.last[:n]
	clear(r.last)
}

// next returns a row, valid until the next but one. It is io.EOF if the data end
// before it.
func (r *pngRows) next() ([]uint8, error) {
	if n, err := io.ReadFull(r.src, r.row); err != nil {
		if n == 0 && err == io.EOF {
			return nil, io.EOF
		}
		return nil, pngError(err)
	}
	cur, up := r.row[1:], r.last[1:]
	back := (r.pixelBits + 7) / 8
	switch r.row[0] {
	case 0:
	case 1:
		for i := back; i < len(cur); i++ {
			cur[i] += cur[i-back]
		}
	case 2:
		for i, v := range up {
			cur[i] += v
		}
	case 3:
		for i := range min(back, len(cur)) {
			cur[i] += up[i] / 2
		}
		for i := back; i < len(cur); i++ {
			cur[i] += uint8((int(cur[i-back]) + int(up[i])) / 2)
		}
	case 4:
		paeth(cur, up, back)
	default:
		return nil, fmt.Errorf("row filter: want 0 to 4, got %d", r.row[0])
	}
	r.row, r.last = r.last, r.row
	return cur, nil
}

func paeth(cur, up []uint8, back int) {
	for i := range min(back, len(cur)) {
		cur[i] += up[i]
	}
	for i := back; i < len(cur); i++ {
		a, b, c := int(cur[i-back]), int(up[i]), int(up[i-back])
		pa, pb := b-c, a-c
		pc := pa + pb
		pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
		switch {
		case pa <= pb && pa <= pc:
			cur[i] += uint8(a)
		case pb <= pc:
			cur[i] += uint8(b)
		default:
			cur[i] += uint8(c)
		}
	}
}
