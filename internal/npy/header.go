package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1<<16 - 1 // bytes; all that version 1.0 can say
	maxRank   = 64        // NumPy's own limit
)

// ReadHeader reads up to the first byte of the data.
func ReadHeader(r io.Reader) (Header, error) {
	text, err := readText(r)
	if err != nil {
		return Header{}, err
	}
	d, err := parseHeader(text)
	if err != nil {
		return Header{}, headerError(text, err)
	}
	h, err := d.header()
	if err != nil {
		return Header{}, headerError(text, err)
	}
	if _, err := h.Len(); err != nil {
		return Header{}, err
	}
	return h, nil
}

func headerError(text string, err error) error {
	return fmt.Errorf("npy: header %.200q: %w", strings.TrimRight(text, " \n"), err)
}

// readText reads up to the first byte of the data and returns the Python dict
// before it.
func readText(r io.Reader) (string, error) {
	var start [8]byte
	if err := readFull(r, start[:], "magic string"); err != nil {
		return "", err
	}
	if string(start[:6]) != magic {
		return "", fmt.Errorf("npy: not a .npy file: want it to start with %q, got %q", magic, start[:6])
	}
	var size int
	switch major, minor := start[6], start[7]; {
	case major == 1 && minor == 0:
		var b [2]byte
		if err := readFull(r, b[:], "header length"); err != nil {
			return "", err
		}
		size = int(binary.LittleEndian.Uint16(b[:]))
	case (major == 2 || major == 3) && minor == 0:
		var b [4]byte
		if err := readFull(r, b[:], "header length"); err != nil {
			return "", err
		}
		length := binary.LittleEndian.Uint32(b[:])
		if length > maxHeader {
			return "", fmt.Errorf("npy: header length: want at most %d bytes, got %d", maxHeader, length)
		}
		size = int(length)
	default:
		return "", fmt.Errorf("npy: format version: want 1.0, 2.0 or 3.0, got %d.%d", major, minor)
	}
	text := make([]byte, size)
	if err := readFull(r, text, "header"); err != nil {
		return "", err
	}
	return string(text), nil
}

func readFull(r io.Reader, b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("npy: truncated in the %s: want %d bytes, got %d: %w", what, len(b), n, io.ErrUnexpectedEOF)
	}
	if err != nil {
		return fmt.Errorf("npy: %s: %w", what, err)
	}
	return nil
}

// parseHeader reads the Python dict literal of a header.
func parseHeader(text string) (Description, error) {
	p := &parser{rest: text}
	var d Description
	seen := map[string]bool{}
	p.want('{')
	for !p.accept('}') && p.err == nil {
		key := p.quoted()
		p.want(':')
		if seen[key] {
			p.fail("key %q twice", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			d.Descr = p.descr()
		case "fortran_order":
			d.Fortran = p.boolean()
		case "shape":
			d.Shape = p.shape()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.accept(',') {
			p.want('}')
			break
		}
	}
	p.space()
	if p.rest != "" {
		p.fail("text after the dict")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			p.fail("no key %q", key)
		}
	}
	return d, p.err
}

// parser keeps the first error; after it every method returns zero.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.rest = ""
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *parser) accept(c byte) bool {
	p.space()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) want(c byte) {
	if !p.accept(c) {
		p.fail("want %q before %.20q", c, p.rest)
	}
}

func (p *parser) quoted() string {
	p.space()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		p.fail("want a string before %.20q", p.rest)
		return ""
	}
	end := strings.IndexByte(p.rest[1:], p.rest[0])
	if end < 0 {
		p.fail("string without an end")
		return ""
	}
	s := p.rest[1 : 1+end]
	p.rest = p.rest[2+end:]
	return s
}

// descr reads a plain type, or a structured one as it is written.
func (p *parser) descr() string {
	p.space()
	if !strings.HasPrefix(p.rest, "[") {
		return p.quoted()
	}
	whole, depth := p.rest, 0
	for p.err == nil {
		if p.rest == "" {
			p.fail("list without an end")
			return ""
		}
		switch p.rest[0] {
		case '\'', '"':
			p.quoted()
			continue
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			depth--
		}
		p.rest = p.rest[1:]
		if depth == 0 {
			break
		}
	}
	return whole[:len(whole)-len(p.rest)]
}

func (p *parser) boolean() bool {
	p.space()
	for _, word := range []string{"False", "True"} {
		if rest, ok := strings.CutPrefix(p.rest, word); ok {
			p.rest = rest
			return word == "True"
		}
	}
	p.fail("want True or False before %.20q", p.rest)
	return false
}

// shape reads a tuple of sizes: (), (3,), (3, 4) or (3, 4,).
func (p *parser) shape() []int {
	shape := []int{}
	p.want('(')
	for !p.accept(')') && p.err == nil {
		p.space()
		digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		size, err := strconv.Atoi(p.rest[:digits])
		if err != nil {
			p.fail("shape: want a size before %.20q", p.rest)
			return nil
		}
		p.rest = p.rest[digits:]
		shape = append(shape, size)
		if len(shape) > maxRank {
			p.fail("shape: more than %d dimensions", maxRank)
			return nil
		}
		if !p.accept(',') {
			if len(shape) == 1 {
				p.fail("shape: want a tuple, got a number in parentheses")
			}
			p.want(')')
			break
		}
	}
	return shape
}
