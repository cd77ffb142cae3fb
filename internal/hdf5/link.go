package hdf5

// linkMessages lists the links of a new group that stand in its header.
func (f *File) linkMessages(o *object, add func(link) error) error {
	for _, m := range o.messages {
		if !m.is(linkMessage) {
			continue
		}
		l, err := parseLink(m.view())
		if err == nil {
			err = add(l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseLink decodes a link message, section IV.A.2.g.
func parseLink(v *view) (link, error) {
	const (
		lengthBytes = 3 // log2 of the bytes of the name's length
		hasOrder    = 1 << 2
		hasKind     = 1 << 3
		hasCharset  = 1 << 4
	)
	const hard, soft, external = 0, 1, 64
	v.version(1)
	flags := v.u8()
	kind := hard
	if flags&hasKind != 0 {
		kind = v.u8()
	}
	if flags&hasOrder != 0 {
		v.skip(8)
	}
	if flags&hasCharset != 0 {
		v.skip(1)
	}
	n := v.uint(1 << (flags & lengthBytes))
	if v.err == nil && n > uint64(v.left()) {
		v.fail("want a name of %d bytes, got %d", n, v.left())
	}
	l := link{name: string(v.bytes(int(n)))}
	switch {
	case v.err != nil:
	case kind == hard:
		l.addr = v.u64()
	case kind == soft:
		l.soft = string(v.bytes(v.u16()))
		if l.soft == "" {
			v.fail("%q is a soft link to nothing", l.name)
		}
	case kind == external:
		info := v.cut("external link", v.u16())
		info.skip(1)
		l.external = info.text(info.left())
		if l.external == "" {
			l.external = "?"
		}
	default:
		v.fail("link %q: want type 0, 1 or 64, got %d", l.name, kind)
	}
	return l, v.err
}

// denseLinks lists the links of a new group with many: they lie in a fractal
// heap and are indexed by a B-tree of version 2.
func (f *File) denseLinks(o *object, add func(link) error) error {
	if !o.has(linkInfoMessage) {
		return nil
	}
	m, err := o.message(linkInfoMessage)
	if err != nil {
		return err
	}
	const byName, hashBytes = 5, 4
	heap, tree, err := infoMessage(m, 8)
	if err != nil || heap == undefined {
		return err
	}
	return f.dense(heap, tree, byName, hashBytes, func(v *view) error {
		l, err := parseLink(v)
		if err != nil {
			return err
		}
		return add(l)
	})
}

// infoMessage decodes a message about links (IV.A.2.c) or attributes (IV.A.2.v),
// which says where many of them are; a largest index of some bytes comes first.
func infoMessage(m *view, indexBytes int) (heap, tree uint64, err error) {
	const hasIndex = 1
	m.version(0)
	if m.u8()&hasIndex != 0 {
		m.skip(indexBytes)
	}
	heap, tree = m.u64(), m.u64()
	return heap, tree, m.err
}
