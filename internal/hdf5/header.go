package hdf5

import "fmt"

// Types of header messages, section IV.A.2.
const (
	nilMessage            = 0x00
	dataspaceMessage      = 0x01
	linkInfoMessage       = 0x02
	datatypeMessage       = 0x03
	linkMessage           = 0x06
	externalFilesMessage  = 0x07
	layoutMessage         = 0x08
	filtersMessage        = 0x0b
	attributeMessage      = 0x0c
	continuationMessage   = 0x10
	symbolTableMessage    = 0x11
	attributeInfoMessage  = 0x15
	sharedMessage         = 1 << 1 // flag
	maxMessages           = 1 << 16
	maxContinuationBlocks = 1 << 12
)

var messageNames = map[int]string{
	dataspaceMessage:     "dataspace",
	linkInfoMessage:      "link info",
	datatypeMessage:      "datatype",
	linkMessage:          "link",
	layoutMessage:        "layout",
	filtersMessage:       "filters",
	attributeMessage:     "attribute",
	continuationMessage:  "continuation",
	symbolTableMessage:   "symbol table",
	attributeInfoMessage: "attribute info",
}

// message is one entry of an object header.
type message struct {
	kind  uint16
	flags uint8
	at    uint64 // offset of b in the file
	b     []byte
}

// view decodes the message, from the front.
func (m message) view() *view { return &view{what: messageNames[int(m.kind)], at: m.at, b: m.b} }

func (m message) is(kind int) bool { return int(m.kind) == kind }

// object is what has a header: a group, a dataset or a named datatype.
type object struct {
	addr       uint64
	messages   []message
	links      map[string]link // of a group, nil until asked for
	names      []string        // of links, sorted
	attributes []*Attribute    // nil until asked for
}

// object reads the header at addr, once.
func (f *File) object(addr uint64) (*object, error) {
	if o, ok := f.objects[addr]; ok {
		return o, nil
	}
	h := header{f: f}
	if err := h.read(addr); err != nil {
		return nil, err
	}
	o := &object{addr: addr, messages: h.messages}
	f.objects[addr] = o
	return o, nil
}

// message returns the first message of that kind.
func (o *object) message(kind int) (*view, error) {
	for _, m := range o.messages {
		if !m.is(kind) {
			continue
		}
		if m.flags&sharedMessage != 0 {
			return nil, m.view().errorf("shared messages are not supported")
		}
		return m.view(), nil
	}
	return nil, fmt.Errorf("object header at offset %d: no %s", o.addr, messageNames[kind])
}

func (o *object) has(kind int) bool {
	for _, m := range o.messages {
		if m.is(kind) {
			return true
		}
	}
	return false
}

// header collects the messages of an object header, section IV.A.1.
type header struct {
	f        *File
	messages []message
	seen     map[uint64]bool // blocks
	limit    int             // how many messages version 1 says there are
}

func (h *header) read(addr uint64) error {
	h.seen = map[uint64]bool{}
	const first = 16
	v, err := h.f.read("object header", addr, first)
	if err != nil {
		return err
	}
	if string(v.b[:4]) == "OHDR" {
		return h.readVersion2(addr)
	}
	v.version(1)
	v.skip(1)
	h.limit = v.u16()
	v.skip(4) // references
	size := v.u32()
	if v.err != nil {
		return v.err
	}
	return h.block1(addr+first, uint64(size))
}

// enter refuses blocks that come twice.
func (h *header) enter(v *view) error {
	if h.seen[v.at] {
		return v.errorf("continued in a circle")
	}
	if h.seen[v.at] = true; len(h.seen) > maxContinuationBlocks {
		return v.errorf("want at most %d blocks, got more", maxContinuationBlocks)
	}
	return nil
}

// add takes a message of n bytes from v, and returns it if it says where the
// header goes on.
func (h *header) add(v *view, kind, n, flags int) (next *view) {
	m := message{kind: uint16(kind), flags: uint8(flags), at: v.at + uint64(v.pos), b: v.bytes(n)}
	switch {
	case v.err != nil || kind == nilMessage:
	case kind == continuationMessage:
		return m.view()
	case len(h.messages) == maxMessages:
		v.fail("want at most %d messages, got more", maxMessages)
	default:
		h.messages = append(h.messages, m)
	}
	return nil
}

// block1 decodes a block of a header of version 1, and those that continue it.
func (h *header) block1(addr, size uint64) error {
	v, err := h.f.read("object header block", addr, size)
	if err == nil {
		err = h.enter(v)
	}
	if err != nil {
		return err
	}
	var next []*view
	for v.left() >= 8 && h.limit > 0 {
		h.limit--
		kind, n, flags := v.u16(), v.u16(), v.u8()
		v.skip(3)
		if c := h.add(v, kind, n, flags); c != nil {
			next = append(next, c)
		}
	}
	if v.err != nil {
		return v.err
	}
	for _, c := range next {
		at, n := c.u64(), c.u64()
		if c.err != nil {
			return c.err
		}
		if err := h.block1(at, n); err != nil {
			return err
		}
	}
	return nil
}

// readVersion2 decodes a header of version 2, whose blocks have signatures and
// checksums.
func (h *header) readVersion2(addr uint64) error {
	const (
		sizeBytes   = 3 // log2 of the bytes of the size of block 0
		hasOrder    = 1 << 2
		hasPhase    = 1 << 4
		hasTimes    = 1 << 5
		prefix      = 4 + 1 + 1
		times       = 16
		phase       = 4
		checksum    = 4
		longest     = prefix + times + phase + 8
		orderedHead = 2 // bytes of creation order in each message
	)
	v, err := h.f.read("object header", addr, min(longest, uint64(h.f.size)-addr))
	if err != nil {
		return err
	}
	v.signature("OHDR", 2)
	flags := v.u8()
	if flags&hasTimes != 0 {
		v.skip(times)
	}
	if flags&hasPhase != 0 {
		v.skip(phase)
	}
	size := v.uint(1 << (flags & sizeBytes))
	if v.err != nil {
		return v.err
	}
	if size > uint64(h.f.size) {
		return v.errorf("want a block of %d bytes, the file has %d", size, h.f.size)
	}
	head := 4
	if flags&hasOrder != 0 {
		head += orderedHead
	}
	before := uint64(v.pos)
	return h.block2(addr, before, before+size+checksum, head)
}

// block2 decodes a block of size bytes, its signature and checksum included,
// whose messages begin after some bytes and have heads of that size.
func (h *header) block2(addr, before, size uint64, head int) error {
	v, err := h.f.read("object header block", addr, size)
	if err == nil {
		err = h.enter(v)
	}
	if err != nil {
		return err
	}
	v.sum()
	v.b = v.b[:max(0, len(v.b)-4)]
	v.skip(int(before))
	var next []*view
	for v.left() >= head {
		kind, n, flags := v.u8(), v.u16(), v.u8()
		v.skip(head - 4)
		if c := h.add(v, kind, n, flags); c != nil {
			next = append(next, c)
		}
	}
	if v.err != nil {
		return v.err
	}
	for _, c := range next {
		at, n := c.u64(), c.u64()
		if c.err != nil {
			return c.err
		}
		block, err := h.f.read("object header block", at, 4)
		if err != nil {
			return err
		}
		if string(block.b) != "OCHK" {
			return block.errorf("want signature OCHK, got %q", block.b)
		}
		if err := h.block2(at, 4, n, head); err != nil {
			return err
		}
	}
	return nil
}
