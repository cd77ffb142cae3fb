package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// Load opens the classifier that [Classifier.Save] wrote into the folder fsys and
// builds its stack as it was: the backbones that [backbones.Lookup] finds by the
// names in the folder, with the input sizes, resizing and pooling that stand
// there, and the weights that source gives, with top or without. Weights other
// than those of the training are an error that names the member. Close the classifier's Stack
// when done. A classifier of backbones of your own is for [Open].
func Load(fsys fs.FS, source func(spec backbones.Spec, top bool) (nn.Params, error)) (*Classifier, error) {
	if fsys == nil || source == nil {
		return nil, errors.New("stack: load: want a folder and a source of weights")
	}
	c, err := load(fsys, source)
	if err != nil {
		return nil, fmt.Errorf("stack: load: %w", err)
	}
	return c, nil
}

func load(fsys fs.FS, source func(backbones.Spec, bool) (nn.Params, error)) (c *Classifier, err error) {
	j, err := readClassifier(fsys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", classifierFile, err)
	}
	var members []*backbones.Backbone
	defer func() {
		if err != nil {
			for _, m := range members {
				err = errors.Join(err, m.Close())
			}
		}
	}()
	for _, m := range j.Members {
		b, err := m.build(source)
		if err != nil {
			return nil, fmt.Errorf("%s: member %s: %w", classifierFile, m.Name, err)
		}
		members = append(members, b)
	}
	s, err := New(members...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", classifierFile, err)
	}
	if upright := s.WithDecoder(data.Decoder{Orient: true}); upright.Fingerprint() == j.Fingerprint {
		s = upright
	}
	return open(fsys, s)
}

// build makes the backbone that m describes.
func (m member) build(source func(backbones.Spec, bool) (nn.Params, error)) (*backbones.Backbone, error) {
	spec, err := backbones.Lookup(m.Name)
	if err != nil {
		return nil, err
	}
	c := backbones.Config{InputSize: m.Height, InputWidth: m.Width, Top: m.Output == outputTop}
	for !c.Top && c.Pooling.String() != m.Output {
		if c.Pooling == backbones.NoPooling {
			return nil, fmt.Errorf("output: want %v, %v, %v or %s, got %q", backbones.Average, backbones.Max, backbones.NoPooling, outputTop, m.Output)
		}
		c.Pooling++
	}
	var resized string
	resized, c.KeepAspect = strings.CutSuffix(m.Interpolation, keepAspect)
	if c.Interpolate, err = data.ParseInterpolation(resized); err != nil {
		return nil, err
	}
	params, err := source(spec, c.Top)
	if err != nil {
		return nil, err
	}
	return backbones.New(spec, params, c)
}
