package jpeg

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers, the second of their two bytes.
const (
	mTEM   = 0x01
	mSOF0  = 0xc0 // baseline
	mSOF1  = 0xc1 // extended sequential
	mSOF2  = 0xc2 // progressive
	mDHT   = 0xc4
	mJPG   = 0xc8
	mSOF15 = 0xcf
	mDAC   = 0xcc
	mRST0  = 0xd0
	mRST7  = 0xd7
	mSOI   = 0xd8
	mEOI   = 0xd9
	mSOS   = 0xda
	mDQT   = 0xdb
	mDNL   = 0xdc
	mDRI   = 0xdd
	mAPP0  = 0xe0
	mAPP1  = 0xe1
	mAPP14 = 0xee
	mAPP15 = 0xef
	mCOM   = 0xfe
)

// markers steps from marker to marker.
type markers struct {
	data []byte
	pos  int // of the next byte to look at
}

// next skips to the byte after the next marker, and garbage before it.
func (m *markers) next() (byte, error) {
	for i := m.pos; i < len(m.data)-1; i++ {
		if c := m.data[i+1]; m.data[i] == 0xff && c != 0 && c != 0xff {
			m.pos = i + 2
			return c, nil
		}
	}
	return 0, ErrTruncated
}

// segment returns the bytes that belong to the marker just read. Segments that
// libjpeg skips may be shorter than the size of their length.
func (m *markers) segment(marker byte) ([]byte, error) {
	if len(m.data)-m.pos < 2 {
		return nil, ErrTruncated
	}
	n := int(binary.BigEndian.Uint16(m.data[m.pos:]))
	if n < 2 && (mAPP0 <= marker && marker <= mAPP15 || marker == mCOM) {
		n = 2
	}
	if n < 2 {
		return nil, fmt.Errorf("want a segment of 2 or more bytes at %d, got %d", m.pos, n)
	}
	if len(m.data)-m.pos < n {
		return nil, ErrTruncated
	}
	s := m.data[m.pos+2 : m.pos+n]
	m.pos += n
	return s, nil
}

// readHeader reads the start of the file to the first scan.
func (d *decoder) readHeader() error {
	if len(d.data) < 3 || d.data[0] != 0xff || d.data[1] != mSOI || d.data[2] != 0xff {
		return errors.New("want a file that starts with ff d8 ff, got another")
	}
	d.pos = 2
	end, err := d.readMarkers()
	switch {
	case err != nil:
		return err
	case end:
		return errors.New("want a scan, got the end marker")
	}
	d.color = d.app.colorModel(d.frame)
	return nil
}

// readMarkers reads segments to the start of the next scan, or to the end
// marker, for which it returns true.
func (d *decoder) readMarkers() (end bool, err error) {
	for {
		at := d.pos
		m, err := d.next()
		if errors.Is(err, ErrTruncated) && d.options.AllowTruncated && d.scans > 0 {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		switch {
		case m == mEOI:
			return true, nil
		case mRST0 <= m && m <= mRST7, m == mTEM && d.scans > 0:
			continue
		}
		if !known(m) {
			return false, fmt.Errorf("want a marker after byte %d, got ff %02x", at, m)
		}
		s, err := d.segment(m)
		if errors.Is(err, ErrTruncated) && d.options.AllowTruncated && d.scans > 0 {
			d.pos = len(d.data)
			return true, nil
		}
		if errors.Is(err, ErrTruncated) && d.scans > 0 {
			err = cmp.Or(d.checkCut(m), err)
		}
		if err == nil {
			err = d.readSegment(m, s)
		}
		if err != nil {
			return false, err
		}
		if m == mSOS {
			return false, nil
		}
	}
}

// known tells which markers may come between scans.
func known(m byte) bool {
	return mSOF0 <= m && m <= mSOF15 || mSOS <= m && m <= mDRI || mAPP0 <= m && m <= mAPP15 || m == mCOM
}

func (d *decoder) readSegment(m byte, s []byte) error {
	switch m {
	case mSOF0, mSOF1, mSOF2:
		if d.frame != nil {
			return errors.New("want one frame, got two")
		}
		f, err := newFrame(s, m == mSOF2)
		d.frame = f
		return err
	case mDHT:
		return d.tables.readHuffman(s, len(s))
	case mDQT:
		return d.tables.readQuant(s, len(s))
	case mDRI:
		if len(s) != 2 {
			return fmt.Errorf("want 2 bytes of restart interval, got %d", len(s))
		}
		d.tables.restart = int(binary.BigEndian.Uint16(s))
	case mSOS:
		if d.frame == nil {
			return errors.New("want a frame header before the first scan, got none")
		}
		h, err := newScanHeader(s, d.frame)
		d.scan = h
		d.scans++
		return err
	case mAPP0, mAPP1, mAPP14:
		if d.scans == 0 {
			return d.app.read(m, s)
		}
	case mDAC:
		return checkConditioning(s, len(s))
	case mDNL, mCOM:
	default:
		if m <= mSOF15 {
			return fmt.Errorf("%w: want Huffman-coded sequential or progressive data, got %s", ErrUnsupported, process(m))
		}
	}
	return nil
}

// checkCut returns what libjpeg finds wrong with a segment after a scan, of which
// the file has only the start, before it asks for the rest.
func (d *decoder) checkCut(m byte) error {
	if m <= mSOF15 && m != mDHT && m != mDAC {
		return d.readSegment(m, nil)
	}
	s := d.data[d.pos:]
	if len(s) < 2 {
		return nil
	}
	n := int(binary.BigEndian.Uint16(s)) - 2
	s = s[2:]
	wrong := false
	switch m {
	case mDRI:
		wrong = n != 2
	case mDHT:
		return d.tables.readHuffman(s, n)
	case mDQT:
		return d.tables.readQuant(s, n)
	case mDAC:
		return checkConditioning(s, n)
	case mSOS:
		wrong = len(s) > 0 && (s[0] < 1 || s[0] > 4 || n != 2*int(s[0])+4)
	}
	if wrong {
		return fmt.Errorf("want a segment ff %02x of another length than %d", m, n)
	}
	return nil
}

// checkConditioning checks what arithmetic coding would use, as libjpeg does
// whatever the coding. The segment has n bytes, of which the file may lack some.
func checkConditioning(s []byte, n int) error {
	for ; len(s) >= 2; s = s[2:] {
		table, value := s[0], s[1]
		if table > 31 || table < 16 && value&15 > value>>4 {
			return fmt.Errorf("want arithmetic conditioning of tables 0 to 31, got %#02x for %d", value, table)
		}
		n -= 2
	}
	if n == 1 && len(s) == 1 {
		return errors.New("want pairs of arithmetic conditioning, got an odd number of bytes")
	}
	return nil
}

// process names the coding that a frame marker stands for.
func process(m byte) string {
	switch m {
	case mJPG:
		return "an extension"
	case 0xc9, 0xca:
		return "arithmetic coding"
	case 0xc3, 0xcb:
		return "lossless coding"
	}
	return "hierarchical coding"
}
