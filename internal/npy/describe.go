package npy

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Description is what any file says of its array, also of one that this package
// does not read.
type Description struct {
	Descr   string // as in the file: a type such as <f4, or a list of fields
	Fortran bool   // the first index varies fastest
	Shape   []int  // empty for a scalar
}

// Describe reads what a file says of its array, up to the first byte of the
// data.
func Describe(r io.Reader) (Description, error) {
	text, err := readText(r)
	if err != nil {
		return Description{}, err
	}
	d, err := parseHeader(text)
	if err != nil {
		return Description{}, headerError(text, err)
	}
	return d, nil
}

// header returns what [Read] reads, or why it does not.
func (d Description) header() (Header, error) {
	if strings.HasPrefix(d.Descr, "[") {
		return Header{}, fmt.Errorf("descr: want a plain type, got a structured one")
	}
	for dtype, t := range dtypes {
		if t.descr != d.Descr {
			continue
		}
		if d.Fortran {
			return Header{}, fmt.Errorf("want C order, got Fortran order: save numpy.ascontiguousarray(a)")
		}
		return Header{Dtype: Dtype(dtype), Shape: d.Shape}, nil
	}
	return Header{}, fmt.Errorf("descr: want <f2, <f4, <f8, |u1 or <i8, got %q", d.Descr)
}

// Type returns NumPy's name of the type, such as float32, with what is unusual
// about it: big-endian, Fortran order. A type without such a name is as in the
// file.
func (d Description) Type() string {
	name := d.typeName()
	if strings.HasPrefix(d.Descr, ">") {
		name += " big-endian"
	}
	if d.Fortran && len(d.Shape) > 1 {
		name += " Fortran order"
	}
	return name
}

func (d Description) typeName() string {
	descr := strings.TrimLeft(d.Descr, "<>|=")
	if descr == "" || strings.HasPrefix(descr, "[") {
		return d.Descr
	}
	size, err := strconv.Atoi(descr[1:])
	if err != nil || size < 1 || size > 64 {
		return d.Descr
	}
	names := map[byte]string{'f': "float", 'i': "int", 'u': "uint", 'c': "complex"}
	switch kind := descr[0]; {
	case kind == 'b':
		return "bool"
	case names[kind] != "":
		return names[kind] + strconv.Itoa(8*size)
	}
	return d.Descr
}
