package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/internal/durable"
)

const (
	classifierFile   = "classifier.json"
	classifierFormat = 1
	headPrefix       = "head-"
	maxFile          = 1 << 20 // bytes of classifier.json
)

// classifierJSON is the content of classifier.json. Class names stand with the
// head.
type classifierJSON struct {
	Format      int      `json:"format"`
	Fingerprint string   `json:"fingerprint"` // of the stack
	Features    int      `json:"features"`
	Members     []member `json:"members"`
	Decoder     string   `json:"decoder"` // data.DecoderVersion; files without it are accepted
	Head        string   `json:"head"`    // folder beside classifier.json
}

// Save writes the classifier into the folder dir, made if missing: the head with
// its class names, and what the stack is. The backbones' weights are not copied;
// their fingerprint makes sure that Open gets the same. Files are complete on
// disk before they replace older ones.
func (c *Classifier) Save(dir string) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.save(dir); err != nil {
		return fmt.Errorf("stack: save %s: %w", dir, err)
	}
	return nil
}

func (c *Classifier) save(dir string) error {
	// Another head gets another folder: the one that classifier.json names is
	// whole at every moment.
	folder := durable.Version(headPrefix, c.Head.Fingerprint())
	if err := c.Head.Save(filepath.Join(dir, folder)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(classifierJSON{
		Format:      classifierFormat,
		Fingerprint: c.Stack.Fingerprint(),
		Features:    c.Stack.Features(),
		Members:     c.Stack.facts(),
		Decoder:     data.DecoderVersion,
		Head:        folder,
	}, "", " ")
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(filepath.Join(dir, classifierFile), append(text, '\n')); err != nil {
		return err
	}
	return durable.RemoveOthers(dir, headPrefix, folder)
}

// Open reads the classifier that [Classifier.Save] wrote into the folder fsys.
// The stack must be the one it was trained on: another member, input size,
// preprocessing, other weights or another [data.DecoderVersion] are an error that
// names the difference.
func Open(fsys fs.FS, s *Stack) (*Classifier, error) {
	if s == nil {
		return nil, errors.New("stack: open: no stack given")
	}
	c, err := open(fsys, s)
	if err != nil {
		return nil, fmt.Errorf("stack: open: %w", err)
	}
	return c, nil
}

func open(fsys fs.FS, s *Stack) (*Classifier, error) {
	j, err := readClassifier(fsys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", classifierFile, err)
	}
	if err := j.matches(s); err != nil {
		return nil, err
	}
	sub, err := fs.Sub(fsys, j.Head)
	if err != nil {
		return nil, err
	}
	h, err := head.Open(sub)
	if err != nil {
		return nil, err
	}
	c := &Classifier{Stack: s, Head: h}
	return c, c.check()
}

func readClassifier(fsys fs.FS) (classifierJSON, error) {
	var j classifierJSON
	info, err := fs.Stat(fsys, classifierFile)
	if err != nil {
		return j, err
	}
	if info.Size() > maxFile {
		return j, fmt.Errorf("want at most %d bytes, got %d", maxFile, info.Size())
	}
	text, err := fs.ReadFile(fsys, classifierFile)
	if err != nil {
		return j, err
	}
	if err := json.Unmarshal(text, &j); err != nil {
		return j, err
	}
	if j.Format != classifierFormat {
		return j, fmt.Errorf("format: want %d, got %d", classifierFormat, j.Format)
	}
	if !durable.IsVersion(headPrefix, j.Head) {
		return j, fmt.Errorf("head: want the name of a folder, got %q", j.Head)
	}
	return j, nil
}

// matches names the first difference between the stack that the classifier was
// trained on and s.
func (j classifierJSON) matches(s *Stack) error {
	have := s.facts()
	if len(j.Members) != len(have) {
		return fmt.Errorf("trained on a stack of %d members, got one of %d", len(j.Members), len(have))
	}
	for i, want := range j.Members {
		got := have[i]
		switch {
		case want.Name != got.Name:
			return fmt.Errorf("member %d: trained with %s, got %s", i, want.Name, got.Name)
		case want.Weights != got.Weights:
			return fmt.Errorf("member %s: trained with other weights: want fingerprint %s, got %s", want.Name, want.Weights, got.Weights)
		case want != got:
			return fmt.Errorf("member %s: want %+v, got %+v", want.Name, want, got)
		}
	}
	if j.Decoder != "" && j.Decoder != data.DecoderVersion {
		return fmt.Errorf("trained on photos decoded as %s, got a program that decodes as %s: extract features and train again", j.Decoder, data.DecoderVersion)
	}
	if j.Fingerprint != s.Fingerprint() {
		return fmt.Errorf("want the stack with fingerprint %s, got %s", j.Fingerprint, s.Fingerprint())
	}
	return nil
}
