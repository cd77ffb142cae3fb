package stack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
)

// Stack is several backbones on the same photo, their features concatenated in
// the order of the members. It is immutable and safe for concurrent use.
type Stack struct {
	members []*backbones.Backbone
	decoder data.Decoder
	width   int
}

// New returns the stack of the members.
func New(members ...*backbones.Backbone) (*Stack, error) {
	if len(members) == 0 {
		return nil, errors.New("stack: no members: want at least one backbone")
	}
	s := &Stack{members: members}
	for i, m := range members {
		if m == nil {
			return nil, fmt.Errorf("stack: member %d is nil", i)
		}
		s.width += m.Features()
	}
	return s, nil
}

// WithDecoder returns the same stack reading its photo files with other options.
// Decoder.Orient changes the fingerprint. Closing one of them closes both.
func (s *Stack) WithDecoder(d data.Decoder) *Stack {
	other := *s
	other.decoder = d
	return &other
}

// Features returns the number of features of a photo: the sum over the members.
func (s *Stack) Features() int { return s.width }

// Describe computes the features of one photo: [Features].
func (s *Stack) Describe(ctx context.Context, photo *data.RGB) ([]float32, error) {
	row := make([]float32, s.width)
	if err := s.describe(ctx, photo, row); err != nil {
		return nil, err
	}
	return row, nil
}

func (s *Stack) describe(ctx context.Context, photo *data.RGB, row []float32) error {
	for _, m := range s.members {
		n := m.Features()
		if err := m.Extract(ctx, photo, row[:n]); err != nil {
			return fmt.Errorf("stack: %w", err)
		}
		row = row[n:]
	}
	return nil
}

// Close closes all members. It may be called again.
func (s *Stack) Close() error {
	var errs []error
	for _, m := range s.members {
		errs = append(errs, m.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stack: %w", err)
	}
	return nil
}

// Fingerprint identifies everything that features depend on: members and their
// order, input sizes, preprocessing, pooling, weights, and whether photos are
// turned upright. Features and
// classifiers carry it, so that they never meet another stack.
func (s *Stack) Fingerprint() string {
	h := sha256.New()
	for _, m := range s.facts() {
		fmt.Fprintf(h, "%+v\n", m)
	}
	if s.decoder.Orient {
		fmt.Fprintln(h, "oriented")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// What a member's Output and Interpolation say besides the names of data and
// backbones.
const (
	outputTop  = "top"
	keepAspect = ", keep aspect"
)

// member is what a saved classifier says of a backbone.
type member struct {
	Name          string `json:"name"`
	Height        int    `json:"height"`
	Width         int    `json:"width"`
	Preprocess    string `json:"preprocess"`
	Interpolation string `json:"interpolation"`
	Output        string `json:"output"` // avg, max, none or top
	Features      int    `json:"features"`
	Weights       string `json:"weights"` // fingerprint
}

func (s *Stack) facts() []member {
	list := make([]member, len(s.members))
	for i, m := range s.members {
		c := m.Config()
		output := c.Pooling.String()
		if c.Top {
			output = outputTop
		}
		interpolation := c.Interpolate.String()
		if c.KeepAspect {
			interpolation += keepAspect
		}
		list[i] = member{
			Name: m.Name(), Height: c.InputSize, Width: c.InputWidth,
			Preprocess:    fmt.Sprintf("%+v", m.Preprocess()),
			Interpolation: interpolation,
			Output:        output, Features: m.Features(), Weights: m.Fingerprint(),
		}
	}
	return list
}

// Summary prints a line for each member, from photo to features, and the totals.
// Each member has a Summary of its layers.
func (s *Stack) Summary(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, "member\tinput\tpreprocessing\tpooling\tparameters\tfeatures")
	total, from := 0, 0
	for i, m := range s.members {
		f := s.facts()[i]
		total += m.Parameters()
		fmt.Fprintf(t, "%s\t%d×%d\t%s\t%s\t%s\t%d  [%d:%d]\n", f.Name, f.Height, f.Width,
			orNone(m.Preprocess().Name), f.Output, grouped(m.Parameters()), f.Features, from, from+f.Features)
		from += f.Features
	}
	fmt.Fprintf(t, "stack\t\t\t\t%s\t%d\n", grouped(total), s.width)
	return t.Flush()
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// grouped writes 23564800 as 23,564,800.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
