package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
)

// predictImageNet prints the k most probable classes of each photo.
func predictImageNet(c *cobra.Command, m *members, model, classes string, k int, asJSON bool, photos []string) error {
	index, err := readClasses(classes, m.weights)
	if err != nil {
		return err
	}
	spec, err := backbones.Lookup(model)
	if err != nil {
		return fmt.Errorf("--imagenet: %w", err)
	}
	params, err := openWeights(c.Context(), m.weights, spec, true)
	if err != nil {
		return err
	}
	b, err := backbones.New(spec, params, backbones.Config{Top: true, InputSize: m.size})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; --imagenet needs weights with top: cairn weights fetch --top, or cairn weights import a file with top", err)
	}
	if err != nil {
		return err
	}
	defer b.Close()
	if k < 1 {
		k = len(index)
	}
	probabilities := make([]float32, b.Features())
	for _, file := range photos {
		photo, err := data.ReadImage(os.DirFS(filepath.Dir(file)), filepath.Base(file))
		if err != nil {
			return err
		}
		if err := b.Extract(c.Context(), photo, probabilities); err != nil {
			return err
		}
		best, err := backbones.Decode(probabilities, index, k)
		if err != nil {
			return err
		}
		list := make([]guess, len(best))
		for i, g := range best {
			list[i] = guess{g.ID, g.Name, g.Probability}
		}
		if err := printGuesses(c.OutOrStdout(), file, list, asJSON); err != nil {
			return err
		}
	}
	return nil
}
