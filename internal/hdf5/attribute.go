package hdf5

import (
	"fmt"
	"io/fs"
)

// Attribute is a small named value of a group or dataset.
type Attribute struct {
	Name  string
	Type  Type
	Shape []int // empty for a scalar
	path  string
	f     *File
	data  *view
	text  []string // nil until asked for
}

// Attribute returns one attribute. A missing one satisfies
// errors.Is(err, fs.ErrNotExist).
func (g *Group) Attribute(name string) (*Attribute, error) {
	list, err := g.f.attributes(g.Path, g.o)
	if err != nil {
		return nil, fmt.Errorf("hdf5: %s: %w", g.Path, err)
	}
	for _, a := range list {
		if a.Name == name {
			return a, nil
		}
	}
	return nil, fmt.Errorf("hdf5: %s: no attribute %s: %w", g.Path, name, fs.ErrNotExist)
}

// Strings returns the elements of an attribute of strings, of fixed or of
// variable length. One without elements is empty whatever its type, since h5py
// makes floats of an empty list.
func (a *Attribute) Strings() ([]string, error) {
	if a.text == nil {
		list, err := a.strings()
		if err != nil {
			return nil, fmt.Errorf("hdf5: %s: attribute %s: %w", a.path, a.Name, err)
		}
		a.text = list
	}
	return a.text, nil
}

func (a *Attribute) strings() ([]string, error) {
	n, _ := count(a.Shape)
	if n == 0 {
		return nil, nil
	}
	if !a.Type.isString() || !a.Type.known {
		return nil, a.data.errorf("want strings, got %v", a.Type)
	}
	v := *a.data
	if n > v.left()/a.Type.size {
		return nil, v.errorf("want %d elements of %d bytes, got %d bytes", n, a.Type.size, v.left())
	}
	list := make([]string, n)
	for i := range list {
		if a.Type.class == stringClass {
			list[i] = v.text(a.Type.size)
			continue
		}
		var err error
		if list[i], err = a.f.heapText(&v); err != nil {
			return nil, err
		}
	}
	return list, v.err
}

// attributes reads the attributes of an object, once.
func (f *File) attributes(path string, o *object) ([]*Attribute, error) {
	if o.attributes == nil {
		list, err := f.readAttributes(o)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			a.path = path
		}
		o.attributes = append([]*Attribute{}, list...)
	}
	return o.attributes, nil
}

// readAttributes decodes attribute messages, section IV.A.2.m, in the header
// and, where there are many, in a fractal heap.
func (f *File) readAttributes(o *object) ([]*Attribute, error) {
	var list []*Attribute
	add := func(v *view) error {
		a, err := parseAttribute(v)
		if err != nil {
			return err
		}
		a.f = f
		list = append(list, a)
		return nil
	}
	for _, m := range o.messages {
		if !m.is(attributeMessage) {
			continue
		}
		if m.flags&sharedMessage != 0 {
			return nil, m.view().errorf("shared attributes are not supported")
		}
		if err := add(m.view()); err != nil {
			return nil, err
		}
	}
	if !o.has(attributeInfoMessage) {
		return list, nil
	}
	m, err := o.message(attributeInfoMessage)
	if err != nil {
		return nil, err
	}
	const byName, none = 8, 0
	heap, tree, err := infoMessage(m, 2)
	if err != nil || heap == undefined {
		return list, err
	}
	err = f.dense(heap, tree, byName, none, add)
	return list, err
}

func parseAttribute(v *view) (*Attribute, error) {
	version, flags := v.u8(), v.u8()
	nameSize, typeSize, spaceSize := v.u16(), v.u16(), v.u16()
	pad := func(n int) int { return n }
	switch {
	case v.err != nil:
	case version == 1:
		flags = 0                                 // reserved
		pad = func(n int) int { return n + -n&7 } // to 8 bytes
	case version == 3:
		v.skip(1) // character set
	case version != 2:
		v.fail("want an attribute of version 1 to 3, got %d", version)
	}
	a := &Attribute{}
	a.Name = v.text(pad(nameSize))
	kind := v.cut("attribute datatype", pad(typeSize))
	space := v.cut("attribute dataspace", pad(spaceSize))
	if v.err != nil {
		return nil, v.err
	}
	const sharedType, sharedSpace = 1, 2
	if flags&(sharedType|sharedSpace) != 0 {
		return nil, v.errorf("attribute %s: shared datatypes are not supported", a.Name)
	}
	var err error
	if a.Type, err = parseType(kind); err != nil {
		return nil, fmt.Errorf("attribute %s: %w", a.Name, err)
	}
	if a.Shape, _, err = parseShape(space); err != nil {
		return nil, fmt.Errorf("attribute %s: %w", a.Name, err)
	}
	a.data = v.cut("attribute data", v.left())
	return a, v.err
}
