package weights

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cairnml/cairn/internal/npy"
)

const (
	manifestFile = "manifest.json"
	maxManifest  = 2 << 20 // bytes; a network of 5,000 parameters needs 1 MB
)

// Manifest says what the weights of a folder are.
type Manifest struct {
	Model        string      `json:"model"`
	Source       string      `json:"source"`                  // where they come from, for people
	SourceFile   string      `json:"source_file,omitempty"`   // name of the file that they were converted from
	SourceSHA256 string      `json:"source_sha256,omitempty"` // of that file, hexadecimal
	License      string      `json:"license,omitempty"`       // SPDX identifier; "" where not known
	Tool         string      `json:"tool,omitempty"`          // program that converted them, with its version
	Parameters   []Parameter `json:"parameters"`              // in the network's order
}

// Parameter is one entry of a [Manifest].
type Parameter struct {
	Name   string `json:"name"`             // Keras path, such as conv1_conv/kernel
	File   string `json:"file,omitempty"`   // in the folder; "" is Name + ".npy"
	Shape  []int  `json:"shape"`            // Keras's layout
	Dtype  string `json:"dtype,omitempty"`  // in the file: "float32" (also ""), "float16" or "float64"
	SHA256 string `json:"sha256,omitempty"` // of the file, hexadecimal; "" is not verified
}

// readManifest reads manifest.json, or returns nil where there is none.
func readManifest(fsys fs.FS) (*Manifest, error) {
	f, err := fsys.Open(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxManifest {
		return nil, fmt.Errorf("want at most %d bytes, got more", maxManifest)
	}
	type plain Manifest
	var m struct {
		plain
		Parameters parameterList `json:"parameters"` // before that of plain
	}
	var mistyped *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, &m); {
	case errors.As(err, &mistyped): // its own text has Go's types
		field := mistyped.Field[strings.LastIndexByte(mistyped.Field, '.')+1:]
		return nil, fmt.Errorf("%q cannot be a %s", cmp.Or(field, "manifest"), mistyped.Value)
	case err != nil:
		return nil, err
	}
	if m.Parameters == nil {
		return nil, errors.New(`no "parameters"`)
	}
	m.plain.Parameters = m.Parameters
	full := Manifest(m.plain)
	return &full, full.check()
}

// parameterList is read one by one, so that entries of two bytes, which are 90 in
// memory, end with the first of them.
type parameterList []Parameter

func (l *parameterList) UnmarshalJSON(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	start, err := d.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('[') {
		return errors.New(`"parameters": want a list`)
	}
	*l = parameterList{}
	for d.More() {
		var p Parameter
		if err := d.Decode(&p); err != nil {
			return err
		}
		if err := checkName(p.Name); err != nil {
			return fmt.Errorf("parameter %d: %w", len(*l), err)
		}
		*l = append(*l, p)
	}
	return nil
}

// check refuses entries that are incomplete, contradict each other or reach out
// of the folder, and fills in what has a default.
func (m *Manifest) check() error {
	if !isSHA256(m.SourceSHA256) {
		return fmt.Errorf("source_sha256: want 64 hexadecimal digits, got %.100q", m.SourceSHA256)
	}
	seen := make(map[string]bool, len(m.Parameters))
	files := make(map[string]string, len(m.Parameters))
	for i := range m.Parameters {
		p := &m.Parameters[i]
		if err := checkName(p.Name); err != nil {
			return fmt.Errorf("parameter %d: %w", i, err)
		}
		if seen[p.Name] {
			return fmt.Errorf("%s: listed twice", p.Name)
		}
		seen[p.Name] = true
		if err := p.check(); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if other, taken := files[p.File]; taken {
			return fmt.Errorf("%s: file %s is that of %s", p.Name, p.File, other)
		}
		files[p.File] = p.Name
	}
	return nil
}

func (p *Parameter) check() error {
	if p.File == "" {
		p.File = p.Name + ".npy"
	}
	if p.Dtype == "" {
		p.Dtype = npy.Float32.String()
	}
	if err := checkName(p.File); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	if p.File == manifestFile {
		return fmt.Errorf("file: want a .npy file, got %s", p.File)
	}
	if err := checkShape(p.Shape); err != nil {
		return err
	}
	if p.Dtype != "float32" && p.Dtype != "float16" && p.Dtype != "float64" {
		return fmt.Errorf("dtype: want float32, float16 or float64, got %q", p.Dtype)
	}
	if !isSHA256(p.SHA256) {
		return fmt.Errorf("sha256: want 64 hexadecimal digits, got %.100q", p.SHA256)
	}
	return nil
}

// isSHA256 accepts "" too, for a hash that is not known.
func isSHA256(s string) bool {
	sum, err := hex.DecodeString(s)
	return err == nil && (len(sum) == 0 || len(sum) == 32)
}

// checkName accepts a slash-separated path that stays below its folder on every
// system.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || len(name) > 512 || strings.ContainsFunc(name, forbidden) {
		return fmt.Errorf("want a name such as conv1_conv/kernel, got %.100q", name)
	}
	return nil
}

// forbidden reports characters that file names cannot have everywhere.
func forbidden(r rune) bool { return r < ' ' || strings.ContainsRune(`\:*?"<>|`, r) }

func checkShape(shape []int) error {
	if len(shape) == 0 || slices.Min(shape) < 1 {
		return fmt.Errorf("want a shape of positive sizes, got %v", shape)
	}
	_, err := npy.Header{Shape: shape}.Len()
	return err
}
