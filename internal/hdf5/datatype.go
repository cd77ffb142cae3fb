package hdf5

import "fmt"

// Classes of datatypes, section IV.A.2.d.
const (
	fixedPoint     = 0
	floatingPoint  = 1
	stringClass    = 3
	enumeration    = 8
	variableLength = 9
)

// Type is a datatype. Its String is NumPy's name where NumPy has one.
type Type struct {
	class     int
	size      int // bytes of an element
	bigEndian bool
	signed    bool // of integers
	known     bool // an ordinary number or string, which can be read
	text      bool // of variable length: strings
}

// IsFloat reports IEEE 754 numbers of 16, 32 or 64 bits.
func (t Type) IsFloat() bool { return t.class == floatingPoint && t.known }

// IsInteger reports integers of 8 to 64 bits.
func (t Type) IsInteger() bool { return t.class == fixedPoint && t.known }

// isString reports strings of either kind.
func (t Type) isString() bool {
	return t.class == stringClass || t.class == variableLength && t.text
}

// Size is the bytes of one element in the file.
func (t Type) Size() int { return t.size }

// String names the type, such as float32, int64, big-endian float32, string,
// string of 12 bytes.
func (t Type) String() string {
	name := ""
	switch {
	case t.IsFloat():
		name = fmt.Sprintf("float%d", 8*t.size)
	case t.IsInteger() && t.signed:
		name = fmt.Sprintf("int%d", 8*t.size)
	case t.IsInteger():
		name = fmt.Sprintf("uint%d", 8*t.size)
	case t.class == stringClass:
		return fmt.Sprintf("string of %d bytes", t.size)
	case t.isString():
		return "string"
	default:
		names := [...]string{"integer", "float", "time", "string", "bits", "opaque", "compound", "reference", "enumeration", "sequence", "array"}
		if t.class < len(names) {
			return fmt.Sprintf("%s of %d bytes", names[t.class], t.size)
		}
		return fmt.Sprintf("datatype of class %d", t.class)
	}
	if t.bigEndian && t.size > 1 {
		name = "big-endian " + name
	}
	return name
}

// parseType decodes a datatype message.
func parseType(v *view) (Type, error) {
	class := v.u8()
	bits := int(v.uint(3))
	t := Type{class: class & 0xf, size: v.u32()}
	switch version := class >> 4; {
	case v.err != nil:
		return t, v.err
	case version < 1 || version > 5:
		return t, v.errorf("want a datatype of version 1 to 5, got %d", version)
	case t.size == 0:
		return t, v.errorf("want a datatype of at least a byte, got none")
	}
	switch t.class {
	case fixedPoint:
		t.bigEndian, t.signed = bits&1 != 0, bits&8 != 0
		offset, precision := v.u16(), v.u16()
		t.known = offset == 0 && precision == 8*t.size && (t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8)
	case floatingPoint:
		t.bigEndian = bits&1 != 0
		f := ieee{bits >> 8 & 0xff, v.u16(), v.u16(), v.u8(), v.u8(), v.u8(), v.u8(), v.u32()}
		const vax = 1 << 6
		t.known = bits&vax == 0 && (f == ieee16 && t.size == 2 || f == ieee32 && t.size == 4 || f == ieee64 && t.size == 8)
	case stringClass:
		t.known = true
	case variableLength:
		const reference = 4 + 8 + 4
		t.text = bits&0xf == 1
		t.known = t.text && t.size == reference
	}
	return t, v.err
}

// ieee is the layout of a floating-point number in bits.
type ieee struct{ sign, offset, precision, exponentAt, exponentBits, mantissaAt, mantissaBits, bias int }

var (
	ieee16 = ieee{15, 0, 16, 10, 5, 0, 10, 15}
	ieee32 = ieee{31, 0, 32, 23, 8, 0, 23, 127}
	ieee64 = ieee{63, 0, 64, 52, 11, 0, 52, 1023}
)
