package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// Classifier is a stack with a trained head.
type Classifier struct {
	Stack *Stack
	Head  *head.Head
	// AverageFlip makes predictions the mean over the photo and its mirror image.
	// It is not saved.
	AverageFlip bool
}

// Classes returns the names of the classes, sorted.
func (c *Classifier) Classes() []string { return c.Head.Config().Classes }

// Prediction is what a classifier thinks of one class.
type Prediction struct {
	Class       string
	Probability float32 // 0 to 1
}

// Predict returns the k most probable classes of a photo, best first, all of
// them for k = 0. Equal probabilities keep the order of the classes.
func (c *Classifier) Predict(ctx context.Context, photo *data.RGB, k int) ([]Prediction, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if photo == nil {
		return nil, errors.New("stack: no photo")
	}
	if k < 0 {
		return nil, fmt.Errorf("stack: number of classes: want 0 (all) or above, got %d", k)
	}
	probabilities, err := c.probabilities(ctx, photo)
	if err != nil {
		return nil, err
	}
	if c.AverageFlip {
		mirrored, err := c.probabilities(ctx, photo.FlipHorizontal())
		if err != nil {
			return nil, err
		}
		for i, p := range mirrored {
			probabilities[i] = (probabilities[i] + p) / 2
		}
	}
	ranked := make([]Prediction, len(probabilities))
	for i, class := range c.Classes() {
		ranked[i] = Prediction{class, probabilities[i]}
	}
	slices.SortStableFunc(ranked, func(a, b Prediction) int { return cmp.Compare(b.Probability, a.Probability) })
	if k > 0 {
		ranked = ranked[:min(k, len(ranked))]
	}
	return ranked, nil
}

// probabilities of all classes, in their order.
func (c *Classifier) probabilities(ctx context.Context, photo *data.RGB) ([]float32, error) {
	features, err := c.Stack.Describe(ctx, photo)
	if err != nil {
		return nil, err
	}
	p, err := c.Head.Predict(ctx, features)
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	return p, nil
}

// PredictFile is Predict on a photo file.
func (c *Classifier) PredictFile(ctx context.Context, file string, k int) ([]Prediction, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	photo, err := c.Stack.decoder.ReadImage(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	return c.Predict(ctx, photo, k)
}

// check says whether head and stack belong together.
func (c *Classifier) check() error {
	if c.Stack == nil || c.Head == nil {
		return errors.New("stack: a classifier needs a stack and a head")
	}
	if want, got := c.Stack.Features(), c.Head.Config().Inputs; want != got {
		return fmt.Errorf("stack: the stack has %d features, the head takes %d", want, got)
	}
	return nil
}
