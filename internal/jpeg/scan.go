package jpeg

import (
	"errors"
	"fmt"
)

// scanHeader is what stands before a scan's data.
type scanHeader struct {
	components []scanComponent
	start, end int // zigzag places of the coefficients, progressive
	high, low  int // bits known before and bits still missing afterwards
}

type scanComponent struct {
	index  int // in the frame
	dc, ac byte
}

func newScanHeader(s []byte, f *frame) (scanHeader, error) {
	if len(s) < 1 || s[0] < 1 || s[0] > 4 || len(s) != 4+2*int(s[0]) {
		return scanHeader{}, errors.New("want a scan header of 1 to 4 components, got another")
	}
	h := scanHeader{components: make([]scanComponent, 0, s[0])}
	for i := range int(s[0]) {
		id, codes := s[1+2*i], s[2+2*i]
		// As in libjpeg, component j is out of reach once the scan has a
		// component at j, so that only some orders are possible.
		found := -1
		for j := len(f.components) - 1; j >= i; j-- {
			if f.components[j].id == id {
				found = j
			}
		}
		for _, c := range h.components {
			if c.index == found {
				found = -1
			}
		}
		if found < 0 {
			return scanHeader{}, fmt.Errorf("want a component of the frame, one time and in order, got %d", id)
		}
		h.components = append(h.components, scanComponent{found, codes >> 4, codes & 15})
	}
	t := s[1+2*int(s[0]):]
	h.start, h.end, h.high, h.low = int(t[0]), int(t[1]), int(t[2]>>4), int(t[2]&15)
	return h, nil
}

// scan reads the blocks of one scan.
type scan struct {
	bitReader
	planes         []scanPlane
	mcuW, mcuH     int
	interval, left int  // MCUs between restart markers, and to the next
	next           byte // the number of the next restart marker, 0 to 7
	short          bool // no data are left before the next restart
	truncated      bool // the file may end early
	eobRun         int  // progressive: blocks without new coefficients to come
}

// scanPlane is one component of a scan.
type scanPlane struct {
	*component
	index  int // in the frame
	dc, ac *huffman
	pred   int32
	mh, mv int // blocks of an MCU
}

// newScan prepares for the scan whose data begin at pos.
func (d *decoder) newScan() (*scan, error) {
	f := d.frame
	s := &scan{
		bitReader: bitReader{data: d.data, pos: d.pos},
		interval:  d.tables.restart,
		left:      d.tables.restart,
		truncated: d.options.AllowTruncated,
		mcuW:      f.mcuW,
		mcuH:      f.mcuH,
	}
	blocks := 0
	for _, sc := range d.scan.components {
		c := &f.components[sc.index]
		if c.quant == nil {
			if c.quantIndex > 3 || d.tables.quant[c.quantIndex] == nil {
				return nil, fmt.Errorf("want a quantisation table that was defined, got %d", c.quantIndex)
			}
			c.quant = d.tables.quant[c.quantIndex]
		}
		p := scanPlane{component: c, index: sc.index, mh: c.h, mv: c.v}
		blocks += c.h * c.v
		s.planes = append(s.planes, p)
	}
	if len(s.planes) == 1 {
		p := &s.planes[0]
		p.mh, p.mv = 1, 1
		s.mcuW, s.mcuH = p.bw, p.bh
	} else if blocks > 10 {
		return nil, fmt.Errorf("want at most 10 blocks in an MCU, got %d", blocks)
	}
	return s, d.findCodes(s)
}

// findCodes looks up the Huffman codes that the scan needs.
func (d *decoder) findCodes(s *scan) (err error) {
	for i, sc := range d.scan.components {
		p := &s.planes[i]
		if !d.frame.progressive || d.scan.start == 0 && d.scan.high == 0 {
			if p.dc, err = d.tables.dc(sc.dc); err != nil {
				return err
			}
		}
		if !d.frame.progressive || d.scan.start > 0 {
			if p.ac, err = d.tables.ac(sc.ac); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts an MCU, which may have a restart marker before it. It reports
// whether there are data.
func (s *scan) begin() (bool, error) {
	if s.interval > 0 {
		if s.left == 0 {
			if err := s.restart(); err != nil {
				return false, err
			}
		}
		s.left--
	}
	return !s.short, nil
}

// finish ends an MCU that had data.
func (s *scan) finish() error {
	if s.n >= 0 {
		return nil
	}
	s.short = true
	if !s.truncated && !s.atMarker() {
		return ErrTruncated
	}
	return nil
}

// atMarker tells whether a marker follows, at once or after other bytes.
func (s *scan) atMarker() bool {
	m := markers{data: s.data, pos: s.pos}
	_, err := m.next()
	return err == nil
}

// restart reads a restart marker. One with the wrong number means that data are
// missing or doubled; it is handled as libjpeg does.
func (s *scan) restart() error {
	m := markers{data: s.data, pos: s.pos}
	s.reset()
	for i := range s.planes {
		s.planes[i].pred = 0
	}
	s.eobRun = 0
	s.left = s.interval
	want := s.next
	s.next = (s.next + 1) & 7
	for {
		c, err := m.next()
		if err != nil && !s.truncated {
			return err
		}
		s.pos = m.pos
		if err != nil {
			c, s.pos = mEOI, len(s.data)
		}
		number := mRST0 <= c && c <= mRST7
		ahead := (c - mRST0 - want) & 7
		switch {
		case c < mSOF0, number && ahead >= 6: // no marker, or an earlier restart
			continue
		case number && ahead != 1 && ahead != 2: // the right one, or too far from it
			s.short = false
			return nil
		}
		// No data until the marker that was found fits.
		if err == nil {
			s.pos -= 2
		}
		s.end = true
		return nil
	}
}
